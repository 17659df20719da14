//! The enum's generic parameters, as each kind of generated item needs them.

use std::iter;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{DeriveInput, GenericParam, ext::IdentExt as _};

use crate::{
    outlives,
    tokens::{
        as_generated, bounds_without, flatten, from_inside, mention_lifetime, mention_name,
        replace_self, subject_and_bounds,
    },
};

/// The generic parameters of an enum.
pub struct Generics {
    params: Vec<Param>,
    predicates: Vec<TokenStream>,
    /// What the fields imply: rustc infers it for the enum and not for the states' types.
    implied: Vec<TokenStream>,
    this: TokenStream,
    view: TokenStream,
    never: TokenStream,
    whatever: Ident,
    store: Ident,
}

#[derive(Clone)]
struct Param {
    kind: Kind,
    /// `'a`, `T` or `N`.
    name: TokenStream,
    /// The same without `'` and `r#`.
    word: String,
    bounds: TokenStream,
    /// `= Default`, or nothing.
    default: TokenStream,
}

#[derive(Clone)]
enum Kind {
    Lifetime,
    Type,
    /// With the constant's type.
    Const(TokenStream),
}

impl Generics {
    pub fn from_syn(input: &DeriveInput) -> Self {
        let mut params: Vec<Param> = input.generics.params.iter().map(Param::from_syn).collect();
        // Else the compiler would warn of an enum that is deprecated.
        let ident = as_generated(input.ident.to_token_stream());
        let args = angle(params.iter().map(|param| param.name.clone()));
        let this = quote!(#ident #args);
        for param in &mut params {
            param.bounds = replace_self(param.bounds.clone(), &this);
        }
        let predicates = input
            .generics
            .where_clause
            .iter()
            .flat_map(|clause| &clause.predicates)
            .map(|predicate| replace_self(predicate.to_token_stream(), &this))
            .collect();
        let tokens = input.to_token_stream();
        Self {
            implied: outlives::implied(input),
            view: fresh_lifetime("view", &tokens),
            never: fresh_lifetime("never", &tokens),
            whatever: fresh_name("Whatever", &tokens),
            store: fresh_name("St", &tokens),
            params,
            predicates,
            this,
        }
    }

    /// The enum with its arguments: `Connection<'a, T>`.
    pub fn this(&self) -> &TokenStream {
        &self.this
    }

    /// A lifetime that the declaration does not mention: how long data is looked at.
    pub fn view(&self) -> &TokenStream {
        &self.view
    }

    /// Another one, for bounds that are to be checked late.
    pub fn never(&self) -> &TokenStream {
        &self.never
    }

    /// A type parameter that the declaration does not mention, for one that may be anything.
    pub fn whatever(&self) -> &Ident {
        &self.whatever
    }

    /// A type parameter that the declaration does not mention, for the store of a machine.
    pub fn store(&self) -> &Ident {
        &self.store
    }

    /// Whether there are lifetimes among them.
    pub fn have_lifetimes(&self) -> bool {
        self.params.iter().any(|param| matches!(param.kind, Kind::Lifetime))
    }

    /// `<St, T>`.
    pub fn args_with_store(&self) -> TokenStream {
        let store = self.store.to_token_stream();
        angle(iter::once(store).chain(self.params.iter().map(|param| param.name.clone())))
    }

    /// `<St: Bound, T: Bound>`.
    pub fn for_impl_with_store(&self, bound: &TokenStream) -> TokenStream {
        let store = &self.store;
        let store = quote!(#store: #bound);
        angle(iter::once(store).chain(self.params.iter().map(Param::declaration)))
    }

    /// The first lifetime, or `'static`.
    pub fn lifetime(&self) -> TokenStream {
        let first = self.params.iter().find(|param| matches!(param.kind, Kind::Lifetime));
        first.map_or_else(|| quote!('static), |first| first.name.clone())
    }

    /// Whether a lifetime of that name, without `'`, can be named.
    pub fn has_lifetime(&self, word: &str) -> bool {
        let mut lifetimes = self.params.iter().filter(|param| matches!(param.kind, Kind::Lifetime));
        ["static", "_"].contains(&word) || lifetimes.any(|param| param.word == word)
    }

    /// Whether there are none but constants.
    pub fn are_constant(&self) -> bool {
        self.params.iter().all(|param| matches!(param.kind, Kind::Const(_)))
    }

    /// The names of the type parameters, without `r#`.
    pub fn type_words(&self) -> impl Iterator<Item = &str> {
        let types = self.params.iter().filter(|param| matches!(param.kind, Kind::Type));
        types.map(|param| param.word.as_str())
    }

    /// `<'a, T>`.
    pub fn args(&self) -> TokenStream {
        angle(self.params.iter().map(|param| param.name.clone()))
    }

    /// `<'view, 'a, T>`.
    pub fn args_with_view(&self) -> TokenStream {
        angle(iter::once(self.view.clone()).chain(self.params.iter().map(|p| p.name.clone())))
    }

    /// `<'a, T: Bound>`.
    pub fn for_impl(&self) -> TokenStream {
        angle(self.params.iter().map(Param::declaration))
    }

    /// `<'view, 'a, T: Bound>`.
    pub fn for_impl_with_view(&self) -> TokenStream {
        angle(iter::once(self.view.clone()).chain(self.params.iter().map(Param::declaration)))
    }

    /// `<'a, T: Bound = Default>`, for a type beside the enum.
    pub fn for_type(&self) -> TokenStream {
        angle(self.params.iter().map(|param| {
            let (declaration, default) = (param.declaration(), &param.default);
            quote!(#declaration #default)
        }))
    }

    /// `<const N: usize = 1>`, for an alias, where bounds are out of place.
    pub fn for_alias(&self) -> TokenStream {
        angle(self.params.iter().map(|param| {
            let (declaration, default) = (param.without_bounds(), &param.default);
            quote!(#declaration #default)
        }))
    }

    /// `<'a, T: ?Sized>`, for a state's type: the module that it is declared in may not see what the
    /// bounds name.
    pub fn for_marker(&self) -> TokenStream {
        angle(self.params.iter().map(|param| {
            let name = &param.name;
            match &param.kind {
                Kind::Lifetime => quote!(#name),
                Kind::Type => quote!(#name: ?::core::marker::Sized),
                Kind::Const(ty) => {
                    let ty = constant_from_inside(ty.clone());
                    quote!(const #name: #ty)
                }
            }
        }))
    }

    /// The body of a state's type, which uses its parameters.
    pub fn marker_body(&self) -> TokenStream {
        if self.params.is_empty() {
            return TokenStream::new();
        }
        let mut lifetimes = Vec::new();
        let mut types = Vec::new();
        for param in &self.params {
            let name = &param.name;
            match param.kind {
                Kind::Lifetime => lifetimes.push(quote!(&#name ())),
                Kind::Type => types.push(quote!(*const #name)),
                Kind::Const(_) => {}
            }
        }
        quote!((::core::marker::PhantomData<fn(#(#lifetimes),*) -> (#(#types,)*)>))
    }

    pub fn where_clause(&self) -> TokenStream {
        where_clause(self.predicates.iter().chain(&self.implied))
    }

    /// What was declared, for a type that holds the enum: the compiler infers the rest for it too,
    /// and some have themselves warned of what it can infer.
    pub fn where_clause_of_type(&self) -> TokenStream {
        where_clause(self.predicates.iter())
    }

    /// What the `where` clause says, each with a comma behind it.
    pub fn predicates(&self) -> TokenStream {
        let predicates = self.predicates.iter().chain(&self.implied);
        quote!(#(#predicates,)*)
    }

    /// Only the parameters that `types` mention, and of the bounds those that speak of them alone: a
    /// struct may have no parameter that none of its fields uses.
    pub fn used_in<'a>(&self, types: impl Iterator<Item = &'a TokenStream>) -> Self {
        let types: Vec<&TokenStream> = types.collect();
        let (mut params, dropped): (Vec<Param>, Vec<Param>) =
            self.params.iter().cloned().partition(|param| types.iter().any(|ty| param.is_in(ty)));
        let is_alone = |tokens: &TokenStream| !dropped.iter().any(|dropped| dropped.is_in(tokens));
        let is_dropped = |tokens: &TokenStream| !is_alone(tokens);
        let predicates = self.predicates.iter().filter_map(|predicate| {
            if !params.iter().any(|param| param.is_in(predicate)) {
                return None;
            }
            if is_alone(predicate) {
                return Some(predicate.clone());
            }
            let (subject, bounds) = subject_and_bounds(predicate)?;
            let bounds = bounds_without(&bounds, &is_dropped);
            let is_kept = is_alone(&subject)
                && !bounds.is_empty()
                && params.iter().any(|param| param.is_in(&subject));
            is_kept.then(|| quote!(#subject: #bounds))
        });
        let predicates = predicates.collect();
        for param in &mut params {
            // A default may stand only where all that follow have one too.
            param.default = TokenStream::new();
            if !is_alone(&param.bounds) {
                param.bounds = bounds_without(&param.bounds, &is_dropped);
            }
        }
        Self {
            params,
            predicates,
            implied: Vec::new(),
            this: self.this.clone(),
            view: self.view.clone(),
            never: self.never.clone(),
            whatever: self.whatever.clone(),
            store: self.store.clone(),
        }
    }
}

impl Param {
    fn from_syn(param: &GenericParam) -> Self {
        let name_of = |ident: &Ident| (ident.to_token_stream(), ident.unraw().to_string());
        match param {
            GenericParam::Lifetime(param) => Self {
                kind: Kind::Lifetime,
                name: param.lifetime.to_token_stream(),
                word: param.lifetime.ident.unraw().to_string(),
                bounds: param.bounds.to_token_stream(),
                default: TokenStream::new(),
            },
            GenericParam::Type(param) => {
                let (name, word) = name_of(&param.ident);
                let default = param.default.as_ref();
                Self {
                    kind: Kind::Type,
                    name,
                    word,
                    bounds: param.bounds.to_token_stream(),
                    default: default.map_or_else(TokenStream::new, |(eq, ty)| quote!(#eq #ty)),
                }
            }
            GenericParam::Const(param) => {
                let (name, word) = name_of(&param.ident);
                let default = param.default.as_ref();
                Self {
                    kind: Kind::Const(param.ty.to_token_stream()),
                    name,
                    word,
                    bounds: TokenStream::new(),
                    default: default.map_or_else(TokenStream::new, |(eq, n)| quote!(#eq #n)),
                }
            }
        }
    }

    fn without_bounds(&self) -> TokenStream {
        let name = &self.name;
        match &self.kind {
            Kind::Lifetime | Kind::Type => quote!(#name),
            Kind::Const(ty) => quote!(const #name: #ty),
        }
    }

    fn declaration(&self) -> TokenStream {
        let (declaration, bounds) = (self.without_bounds(), &self.bounds);
        if bounds.is_empty() { declaration } else { quote!(#declaration: #bounds) }
    }

    fn is_in(&self, tokens: &TokenStream) -> bool {
        match self.kind {
            Kind::Lifetime => mention_lifetime(tokens, &self.word),
            Kind::Type | Kind::Const(_) => mention_name(tokens, &self.word),
        }
    }
}

/// The type of a constant parameter as seen from the states' module. A primitive type is named in
/// full, since a state may have its name; anything else can only be a path to an alias of one.
fn constant_from_inside(ty: TokenStream) -> TokenStream {
    const PRIMITIVES: [&str; 14] = [
        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
        "i128", "isize",
    ];
    let flat = flatten(ty.clone());
    match flat.as_slice() {
        [TokenTree::Ident(name)] if PRIMITIVES.iter().any(|primitive| name == primitive) => {
            quote!(::core::primitive::#name)
        }
        _ => from_inside(ty),
    }
}

/// A lifetime that is not in the tokens.
fn fresh_lifetime(word: &str, tokens: &TokenStream) -> TokenStream {
    let mut word = word.to_owned();
    while mention_lifetime(tokens, &word) {
        word.push('_');
    }
    let lifetime = syn::Lifetime::new(&format!("'{word}"), proc_macro2::Span::call_site());
    lifetime.to_token_stream()
}

/// A name that is not in the tokens.
fn fresh_name(word: &str, tokens: &TokenStream) -> Ident {
    let mut word = word.to_owned();
    while mention_name(tokens, &word) {
        word.push('_');
    }
    Ident::new(&word, proc_macro2::Span::call_site())
}

fn where_clause<'a>(predicates: impl Iterator<Item = &'a TokenStream>) -> TokenStream {
    let mut predicates = predicates.peekable();
    if predicates.peek().is_none() {
        return TokenStream::new();
    }
    quote!(where #(#predicates),*)
}

fn angle(params: impl Iterator<Item = TokenStream>) -> TokenStream {
    let mut params = params.peekable();
    if params.peek().is_none() {
        return TokenStream::new();
    }
    quote!(<#(#params),*>)
}
