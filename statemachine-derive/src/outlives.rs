//! What the types of the fields say about how long the enum's parameters live.
//!
//! A field `&'a T` implies `T: 'a`. The compiler infers that for the enum; a state's type does not
//! mention the field, so in its impls it has to be said.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{
    Data, DeriveInput, GenericArgument, GenericParam, Lifetime, Path, PathArguments, ReturnType,
    Type, TypeParamBound,
};

/// The bounds that the fields imply, each once, in the order in which they turn up.
pub fn implied(input: &DeriveInput) -> Vec<TokenStream> {
    let mut walk = Walk { input, regions: Vec::new(), found: Vec::new(), texts: Vec::new() };
    let has_lifetimes = input.generics.lifetimes().next().is_some();
    if let (true, Data::Enum(data)) = (has_lifetimes, &input.data) {
        for field in data.variants.iter().flat_map(|variant| &variant.fields) {
            walk.ty(&field.ty);
        }
    }
    walk.found
}

struct Walk<'a> {
    input: &'a DeriveInput,
    /// What lives at least as long as the type that is looked at.
    regions: Vec<&'a Lifetime>,
    found: Vec<TokenStream>,
    /// `found` as text, which can be compared.
    texts: Vec<String>,
}

impl<'a> Walk<'a> {
    fn ty(&mut self, ty: &'a Type) {
        match ty {
            Type::Reference(reference) => {
                let depth = self.regions.len();
                self.lifetimes(reference.lifetime.iter());
                self.ty(&reference.elem);
                self.regions.truncate(depth);
            }
            Type::Path(path) => {
                if let Some(qself) = &path.qself {
                    self.ty(&qself.ty);
                }
                let first = path.path.segments.first();
                let is_param = first.is_some_and(|first| {
                    path.path.leading_colon.is_none()
                        && self.input.generics.type_params().any(|param| param.ident == first.ident)
                });
                if is_param || path.qself.is_some() {
                    // `T` and its associated types.
                    self.outlives(&ty.to_token_stream());
                }
                self.path(&path.path);
            }
            Type::Array(array) => self.ty(&array.elem),
            Type::Slice(slice) => self.ty(&slice.elem),
            Type::Ptr(pointer) => self.ty(&pointer.elem),
            Type::Paren(paren) => self.ty(&paren.elem),
            Type::Group(group) => self.ty(&group.elem),
            Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.ty(elem)),
            Type::FnPtr(pointer) => {
                pointer.inputs.iter().for_each(|input| self.ty(&input.ty));
                if let ReturnType::Type(_, output) = &pointer.output {
                    self.ty(output);
                }
            }
            Type::TraitObject(object) => {
                for bound in &object.bounds {
                    if let TypeParamBound::Lifetime(lifetime) = bound {
                        self.outlives_lifetime(lifetime);
                    }
                }
            }
            // Nothing to look into, or nothing that can be looked into.
            _ => {}
        }
    }

    /// `Cow<'a, T>` implies `T: 'a` as a reference does, and nothing here can tell a path that does
    /// from one that does not; so all are taken to.
    fn path(&mut self, path: &'a Path) {
        for segment in &path.segments {
            let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
                continue;
            };
            let depth = self.regions.len();
            self.lifetimes(arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Lifetime(lifetime) => Some(lifetime),
                _ => None,
            }));
            for argument in &arguments.args {
                match argument {
                    GenericArgument::Type(ty) => self.ty(ty),
                    GenericArgument::AssocType(binding) => self.ty(&binding.ty),
                    _ => {}
                }
            }
            self.regions.truncate(depth);
        }
    }

    /// Enters lifetimes, if they are the enum's own: `'static` implies nothing, and what a `for<'x>`
    /// binds means nothing outside.
    fn lifetimes(&mut self, lifetimes: impl Iterator<Item = &'a Lifetime>) {
        let lifetimes: Vec<&Lifetime> =
            lifetimes.filter(|lifetime| self.is_own(lifetime)).collect();
        for lifetime in &lifetimes {
            self.outlives_lifetime(lifetime);
        }
        self.regions.extend(lifetimes);
    }

    fn is_own(&self, lifetime: &Lifetime) -> bool {
        self.input
            .generics
            .params
            .iter()
            .any(|param| matches!(param, GenericParam::Lifetime(own) if own.lifetime == *lifetime))
    }

    fn outlives_lifetime(&mut self, lifetime: &Lifetime) {
        if self.is_own(lifetime) {
            self.outlives(&lifetime.to_token_stream());
        }
    }

    /// `longer` lives as long as all that surrounds it.
    fn outlives(&mut self, longer: &TokenStream) {
        for shorter in &self.regions {
            let text = format!("{longer}: {shorter}");
            let is_trivial = longer.to_string() == shorter.to_string();
            if !is_trivial && !self.texts.contains(&text) {
                self.found.push(quote!(#longer: #shorter));
                self.texts.push(text);
            }
        }
    }
}
