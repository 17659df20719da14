//! The declaration as a model of its own: states by position, targets resolved, spans kept.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{
    Attribute, Data, DeriveInput, Meta, Path, Token, Type, Visibility, ext::IdentExt as _,
    punctuated::Punctuated,
};

use crate::{
    attr::{self, MachineAttr, StateAttr},
    ctxt::Ctxt,
    generics::Generics,
    groups::{self, Group},
    names,
    resolve::{Resolved, Resolver},
    tokens::{replace_self, with_known_lifetimes, with_lifetimes, with_static_objects},
};

/// A declaration of a machine.
pub struct Machine<'a> {
    pub original: &'a DeriveInput,
    pub ident: &'a Ident,
    pub vis: &'a Visibility,
    pub generics: Generics,
    pub attr: MachineAttr,
    /// The variants, then what targets named in vain; never none: see [`State::is_declared`].
    pub states: Vec<State<'a>>,
    /// The position of the initial state.
    pub initial: usize,
    /// Named sets of states.
    pub groups: Vec<Group>,
    /// What `can_always_reach` names.
    pub goals: Vec<Target>,
    /// Whether every variant and target was understood; else the graph is not the one that was meant.
    pub is_complete: bool,
}

/// One state.
pub struct State<'a> {
    pub ident: Ident,
    /// As printed: without `r#`.
    pub name: String,
    /// In names of methods.
    pub word: String,
    pub docs: Vec<&'a Attribute>,
    pub fields: Fields<'a>,
    pub attr: StateAttr,
    /// The declared transitions out, each target once.
    pub targets: Vec<Target>,
    /// Whether there is such a variant. Where a target names a state that is none, that state is
    /// made up, so that its uses bring no errors beside the one that was reported; and so is one
    /// where there are no variants, for a machine to be in.
    pub is_declared: bool,
    pub is_non_exhaustive: bool,
    /// Whether `serde` is told something about the variant or its fields.
    pub has_serde: bool,
    /// The value that is written behind the variant.
    pub discriminant: Option<&'a syn::Expr>,
}

/// A state named in an attribute.
#[derive(Clone)]
pub struct Target {
    pub position: usize,
    /// As it stands in the attribute.
    pub ident: Ident,
    /// The group that it is a transition of.
    pub group: Option<String>,
}

/// What a variant carries.
pub enum Fields<'a> {
    /// `V`, `V()` or `V {}`.
    None,
    One(TokenStream),
    Tuple(Vec<TokenStream>),
    Named(Vec<Field<'a>>),
}

/// One named field.
pub struct Field<'a> {
    pub ident: &'a Ident,
    pub docs: Vec<&'a Attribute>,
    pub ty: TokenStream,
}

impl<'a> Machine<'a> {
    /// Reads the declaration; what cannot be understood is reported and left out.
    pub fn from_syn(cx: &Ctxt, input: &'a DeriveInput) -> Self {
        let generics = Generics::from_syn(input);
        let attr = MachineAttr::read(cx, &input.attrs);
        for param in &input.generics.params {
            attr::refuse(cx, param_attrs(param), "a generic parameter");
        }
        let mut names = HashSet::new();
        // Of variants that have one name, which Rust itself reports, the first is the state.
        let mut states: Vec<State> = variants(input)
            .filter(|variant| names.insert(variant.ident.unraw()))
            .map(|variant| State::from_syn(cx, variant, &generics))
            .collect();
        let are_distinct = states.len() == variants(input).count();
        let resolver = Resolver::new(
            states.iter().map(|state| state.name.clone()),
            attr.groups.iter().map(|group| group.name.unraw().to_string()),
        );
        let lacks_groups =
            attr.has_garbled_groups || attr.groups.iter().any(|group| group.lacks_states);
        for state in states.iter_mut().filter(|state| state.attr.to.is_none()) {
            state.attr.is_garbled |= lacks_groups && state.attr.terminal.is_none();
        }
        let are_resolved = resolve_targets(cx, &resolver, &mut states);
        let groups = groups::resolve(cx, &resolver, &attr.groups, &mut states);
        let is_garbled = states.iter().any(|state| state.attr.is_garbled);
        let is_complete = are_resolved && !is_garbled && are_distinct;
        if states.is_empty() {
            states.push(State::made_up(&Ident::new("NoState", input.ident.span())));
        }
        let goals = distinct(cx, "can_always_reach", &attr.can_always_reach, |name| match resolver
            .resolve(cx, name)
        {
            Resolved::State(position) => Some(position),
            Resolved::Group | Resolved::Unknown => None,
        });
        let initial = states.iter().position(|state| state.attr.initial.is_some()).unwrap_or(0);
        Self {
            original: input,
            ident: &input.ident,
            vis: &input.vis,
            generics,
            attr,
            states,
            initial,
            groups,
            goals,
            is_complete,
        }
    }

    pub fn name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// Whether no variant has fields: then the enum is its own kind.
    ///
    /// Not where there are no variants or a parameter that only a field could use, which is reported
    /// and would bring more errors if it were.
    pub fn is_fieldless(&self) -> bool {
        self.declared().next().is_some()
            && self.states.iter().all(|state| !state.has_data())
            && self.generics.are_constant()
    }

    /// Whether the states are all that the compiler sees in the declaration.
    pub fn is_exhaustive(&self) -> bool {
        let declared = self.declared().count();
        declared > 0 && declared == variants(self.original).count()
    }

    /// Whether the state leads nowhere and does not say so. A transition of its group is a way out. Where there is `reset`, each leads on.
    pub fn lacks_a_way_out(&self, state: &State) -> bool {
        let StateAttr { to, terminal, is_garbled, .. } = &state.attr;
        let is_declared = to.is_some() || terminal.is_some() || !state.targets.is_empty();
        !is_declared && !is_garbled && self.attr.reset.is_none()
    }

    /// Whether it is known where the state leads: where something about that was reported, nothing
    /// is said of the transitions that it seems to lack.
    pub fn is_understood(&self, state: &State) -> bool {
        state.is_declared && !state.attr.is_garbled && !self.lacks_a_way_out(state)
    }

    /// Whether it is known where all of the group lead.
    pub fn is_group_understood(&self, group: &Group) -> bool {
        let mut states = group.states.iter().map(|&state| &self.states[state]);
        !group.is_garbled && states.all(|state| self.is_understood(state))
    }

    /// The states that there are variants for, each with its position.
    pub fn declared(&self) -> impl Iterator<Item = (usize, &State<'a>)> {
        self.states.iter().enumerate().filter(|(_, state)| state.is_declared)
    }
}

impl<'a> State<'a> {
    fn from_syn(cx: &Ctxt, variant: &'a syn::Variant, generics: &Generics) -> Self {
        let mut attr = StateAttr::read(cx, &variant.attrs);
        for field in &variant.fields {
            // It was meant for the state.
            attr.is_garbled |= attr::refuse(cx, &field.attrs, "a field");
        }
        let name = variant.ident.unraw().to_string();
        let word = match &attr.name {
            // Words that are not in snake case are reported when all are known.
            Some(word) => names::snake(&word.unraw().to_string()),
            None => names::snake(&name),
        };
        Self {
            ident: variant.ident.clone(),
            name,
            word,
            docs: docs(&variant.attrs),
            fields: Fields::from_syn(&variant.fields, generics),
            attr,
            targets: Vec::new(),
            is_declared: true,
            is_non_exhaustive: is_non_exhaustive(&variant.attrs),
            has_serde: variant.fields.iter().any(|field| has_serde(&field.attrs))
                || has_serde(&variant.attrs),
            discriminant: variant.discriminant.as_ref().map(|(_, value)| value),
        }
    }

    fn made_up(ident: &Ident) -> Self {
        let name = ident.unraw().to_string();
        Self {
            // Among what names no state are the keywords that cannot name one.
            ident: names::ident(&name, ident.span()),
            word: names::snake(&name),
            name,
            docs: Vec::new(),
            fields: Fields::None,
            attr: StateAttr::default(),
            targets: Vec::new(),
            is_declared: false,
            is_non_exhaustive: false,
            has_serde: false,
            discriminant: None,
        }
    }

    /// The name in a store.
    pub fn stored(&self) -> String {
        self.attr.stored.as_ref().map_or_else(|| self.name.clone(), syn::LitStr::value)
    }

    pub fn has_data(&self) -> bool {
        !matches!(self.fields, Fields::None)
    }
}

impl Fields<'_> {
    pub fn types(&self) -> Vec<&TokenStream> {
        match self {
            Self::None => Vec::new(),
            Self::One(ty) => vec![ty],
            Self::Tuple(types) => types.iter().collect(),
            Self::Named(fields) => fields.iter().map(|field| &field.ty).collect(),
        }
    }
}

impl<'a> Fields<'a> {
    fn from_syn(fields: &'a syn::Fields, generics: &Generics) -> Self {
        let lifetime = generics.lifetime();
        let ty = |field: &syn::Field| {
            let ty = with_static_objects(field.ty.to_token_stream());
            let ty = with_lifetimes(replace_self(ty, generics.this()), &lifetime);
            with_known_lifetimes(ty, &|word| generics.has_lifetime(word), &lifetime)
        };
        let mut names = HashSet::new();
        match fields {
            syn::Fields::Named(named) if !named.named.is_empty() => Self::Named(
                named
                    .named
                    .iter()
                    // Rust itself reports a name that two fields have.
                    .filter(|field| names.insert(field.ident.as_ref().map(|ident| ident.unraw())))
                    .filter_map(|field| {
                        Some(Field {
                            ident: field.ident.as_ref()?,
                            docs: docs(&field.attrs),
                            ty: ty(field),
                        })
                    })
                    .collect(),
            ),
            syn::Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1 => {
                Self::One(unnamed.unnamed.iter().map(ty).collect())
            }
            syn::Fields::Unnamed(unnamed) if !unnamed.unnamed.is_empty() => {
                Self::Tuple(unnamed.unnamed.iter().map(ty).collect())
            }
            syn::Fields::Named(_) | syn::Fields::Unnamed(_) | syn::Fields::Unit => Self::None,
        }
    }
}

/// The variants; a struct or a union has none.
fn variants(input: &DeriveInput) -> impl Iterator<Item = &syn::Variant> {
    match &input.data {
        Data::Enum(data) => Some(&data.variants),
        Data::Struct(_) | Data::Union(_) => None,
    }
    .into_iter()
    .flatten()
}

/// Fills in the targets; `false` where one names no state.
fn resolve_targets(cx: &Ctxt, resolver: &Resolver, states: &mut Vec<State>) -> bool {
    let declared = states.len();
    for source in 0..declared {
        let targets = states[source].attr.to.clone().unwrap_or_default();
        let mut is_garbled = false;
        states[source].targets = distinct(cx, "to", &targets, |name| {
            Some(match resolver.resolve(cx, name) {
                Resolved::State(position) => position,
                Resolved::Group => {
                    is_garbled = true;
                    return None;
                }
                Resolved::Unknown => {
                    is_garbled = true;
                    make_up(name, declared, states)
                }
            })
        });
        // Any other state may have been meant.
        states[source].attr.is_garbled |= is_garbled;
    }
    states.len() == declared
}

/// The made-up state of that name, a new one where there is none yet.
fn make_up(name: &Ident, declared: usize, states: &mut Vec<State>) -> usize {
    let word = name.unraw().to_string();
    let position = states.iter().skip(declared).position(|state| state.name == word);
    position.map_or_else(
        || {
            states.push(State::made_up(name));
            states.len() - 1
        },
        |position| declared + position,
    )
}

/// The targets that names stand for, each once: one that is named twice is reported.
fn distinct(
    cx: &Ctxt,
    key: &str,
    names: &[Ident],
    mut position_of: impl FnMut(&Ident) -> Option<usize>,
) -> Vec<Target> {
    let mut targets: Vec<Target> = Vec::new();
    for name in names {
        let Some(position) = position_of(name) else {
            continue;
        };
        let earlier = targets.iter().find(|earlier| earlier.position == position);
        match earlier {
            None => targets.push(Target { position, ident: name.clone(), group: None }),
            // A misspelling that comes near a name which is there already is one mistake, and
            // reported.
            Some(earlier) if earlier.ident.unraw() != name.unraw() => {}
            Some(_) => cx.error(
                name.span(),
                format_args!(
                    "`{}` is named twice in `{key}(...)`; remove one of the two",
                    name.unraw()
                ),
            ),
        }
    }
    targets
}

/// What is said about an item and copied to what is generated for it.
fn docs(attrs: &[Attribute]) -> Vec<&Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"))
        .filter(|attr| match &attr.meta {
            Meta::NameValue(_) => true,
            Meta::List(list) => list.tokens.to_string() == "hidden",
            Meta::Path(_) => false,
        })
        .collect()
}

pub fn is_non_exhaustive(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("non_exhaustive"))
}

fn has_serde(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("serde"))
}

/// How the enum is laid out, as far as it says so and its kind can be too.
pub fn reprs(attrs: &[Attribute]) -> Vec<Meta> {
    let reprs = attrs.iter().filter(|attr| attr.path().is_ident("repr"));
    let lists = reprs.filter_map(|attr| {
        attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()
    });
    let mut reprs: Vec<Meta> = lists.flatten().collect();
    // Beside a type of number, `C` only says where the fields are, and is refused where there are none.
    let has_number =
        reprs.iter().any(|repr| matches!(repr, Meta::Path(path) if !path.is_ident("C")));
    reprs.retain(|repr| !(has_number && repr.path().is_ident("C")));
    reprs
}

fn param_attrs(param: &syn::GenericParam) -> &[Attribute] {
    match param {
        syn::GenericParam::Lifetime(param) => &param.attrs,
        syn::GenericParam::Type(param) => &param.attrs,
        syn::GenericParam::Const(param) => &param.attrs,
    }
}

/// The types of fields that can be no type of a field: what copies them is no better.
pub fn untyped_fields(input: &DeriveInput) -> impl Iterator<Item = &Type> {
    let types = variants(input).flat_map(|variant| &variant.fields).map(|field| &field.ty);
    types.filter(|ty| match ty {
        Type::TraitObject(_) | Type::ImplTrait(_) | Type::Slice(_) | Type::Infer(_) => true,
        Type::Path(path) if path.path.is_ident("str") => true,
        ty => has_impl(ty.to_token_stream()),
    })
}

/// Whether there is an `impl` in a type, where only a macro could make something of it.
fn has_impl(ty: TokenStream) -> bool {
    let mut is_macro = false;
    ty.into_iter().any(|token| {
        let found = match &token {
            TokenTree::Ident(word) => word == "impl",
            TokenTree::Group(group) => !is_macro && has_impl(group.stream()),
            _ => false,
        };
        is_macro = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '!');
        found
    })
}

/// Where a later attribute derives the machine again. (Earlier ones are not in what a derive is given.)
pub fn derived_again(input: &DeriveInput) -> Option<Span> {
    let derives = input.attrs.iter().filter(|attr| attr.path().is_ident("derive"));
    let paths = derives.filter_map(|attr| {
        attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).ok()
    });
    paths.flatten().find_map(|path| {
        let mut segments = path.segments.iter().rev().map(|segment| &segment.ident);
        let name = segments.next()?;
        let is_ours = segments.next().is_none_or(|krate| krate == "statemachine");
        (name == "StateMachine" && is_ours).then(|| name.span())
    })
}

/// Where a declaration that is no enum says what it is instead.
pub fn keyword(data: &Data) -> Option<(&'static str, Span)> {
    match data {
        Data::Struct(data) => Some(("struct", data.struct_token.span)),
        Data::Union(data) => Some(("union", data.union_token.span)),
        Data::Enum(_) => None,
    }
}
