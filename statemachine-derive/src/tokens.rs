//! Questions about tokens, and changes to them, where no syntax tree is needed.

use proc_macro2::{Delimiter, Group, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt as _;

/// Whether the tokens mention the lifetime of that name, without its `'`.
pub fn mention_lifetime(tokens: &TokenStream, word: &str) -> bool {
    mention(tokens, word, true)
}

/// Whether the tokens mention the type or constant of that name, not counting `other::Name`.
pub fn mention_name(tokens: &TokenStream, word: &str) -> bool {
    mention(tokens, word, false)
}

fn mention(tokens: &TokenStream, word: &str, is_lifetime: bool) -> bool {
    let mut before = [' ', ' '];
    for token in tokens.clone() {
        let punct = match &token {
            TokenTree::Group(group) if mention(&group.stream(), word, is_lifetime) => return true,
            TokenTree::Ident(ident)
                if before != [':', ':']
                    && is_lifetime == (before[1] == '\'')
                    && ident.unraw() == word =>
            {
                return true;
            }
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        before = [before[1], punct];
    }
    false
}

/// The tokens with `this` for `Self`, which means another type in the impls of the states' types.
pub fn replace_self(tokens: TokenStream, this: &TokenStream) -> TokenStream {
    if !mention_name(&tokens, "Self") {
        return tokens;
    }
    let mut replaced = TokenStream::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                let is_colon =
                    |token| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == ':');
                let mut next = tokens.clone();
                let is_prefix = is_colon(next.next()) && is_colon(next.next());
                replaced.extend(if is_prefix { quote!(<#this>) } else { this.clone() });
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replace_self(group.stream(), this));
                inner.set_span(group.span());
                replaced.extend([TokenTree::Group(inner)]);
            }
            token => replaced.extend([token]),
        }
    }
    replaced
}

/// The type with the given lifetime for each that is left out.
///
/// In a field none may be: Rust itself reports it there, and would at each copy. Where some may be
/// left out with good reason, as in `fn(&u8)`, the type stays as it is.
pub fn with_lifetimes(ty: TokenStream, lifetime: &TokenStream) -> TokenStream {
    if has_inputs(&ty) { ty } else { filled_in(ty, lifetime) }
}

/// Whether there is a list of arguments, or what a macro makes into anything.
fn has_inputs(tokens: &TokenStream) -> bool {
    let mut before = None;
    tokens.clone().into_iter().any(|token| {
        let found = match (&before, &token) {
            (Some(TokenTree::Ident(_)), TokenTree::Group(group)) => {
                group.delimiter() == Delimiter::Parenthesis || has_inputs(&group.stream())
            }
            (Some(TokenTree::Punct(punct)), TokenTree::Group(group)) => {
                punct.as_char() == '!' || has_inputs(&group.stream())
            }
            (_, TokenTree::Group(group)) => has_inputs(&group.stream()),
            _ => false,
        };
        before = Some(token);
        found
    })
}

fn filled_in(ty: TokenStream, lifetime: &TokenStream) -> TokenStream {
    let is_tick = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == '\'');
    let mut filled = TokenStream::new();
    let mut tokens = ty.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                // In `&&` the first would be glued to the second.
                let mut and = Punct::new('&', Spacing::Alone);
                and.set_span(punct.span());
                filled.extend([TokenTree::Punct(and)]);
                if !tokens.peek().is_some_and(is_tick) {
                    filled.extend(lifetime.clone());
                }
            }
            tick if is_tick(tick) => {
                let is_blank =
                    tokens.next_if(|name| matches!(name, TokenTree::Ident(name) if name == "_"));
                filled.extend(if is_blank.is_some() { lifetime.clone() } else { token.into() });
            }
            // What follows is the length of an array.
            TokenTree::Punct(punct) if punct.as_char() == ';' => {
                filled.extend([token]);
                filled.extend(tokens.by_ref());
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                let mut inner = Group::new(group.delimiter(), filled_in(group.stream(), lifetime));
                inner.set_span(group.span());
                filled.extend([TokenTree::Group(inner)]);
            }
            _ => filled.extend([token]),
        }
    }
    filled
}

/// The tokens without the invisible brackets that `macro_rules!` puts around its fragments.
pub fn flatten(tokens: TokenStream) -> Vec<TokenTree> {
    let mut flat = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                flat.extend(flatten(group.stream()));
            }
            token => flat.push(token),
        }
    }
    flat
}

/// The tokens as if the derive had written them, so that the lints which judged them where the user
/// wrote them do not judge the copy too.
pub fn as_generated(tokens: TokenStream) -> TokenStream {
    respanned(tokens, Span::call_site())
}

/// The tokens, all of them with that span.
pub fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| {
            let mut token = match token {
                TokenTree::Group(group) => {
                    TokenTree::Group(Group::new(group.delimiter(), respanned(group.stream(), span)))
                }
                token => token,
            };
            token.set_span(span);
            token
        })
        .collect()
}

/// A path as it reads from a module inside the one that it was written in.
pub fn from_inside(path: TokenStream) -> TokenStream {
    let mut tokens = flatten(path).into_iter();
    match tokens.next() {
        Some(TokenTree::Ident(first)) if first == "self" => {
            let rest: TokenStream = tokens.collect();
            quote!(super #rest)
        }
        Some(TokenTree::Ident(first)) if first != "crate" => {
            let rest: TokenStream = tokens.collect();
            quote!(super::#first #rest)
        }
        first => first.into_iter().chain(tokens).collect(),
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{mention_lifetime, mention_name, replace_self, with_lifetimes};

    #[test]
    fn names_are_told_from_lifetimes_and_path_segments() {
        let tokens = quote!(Vec<&'a other::T>);
        assert!(mention_lifetime(&tokens, "a") && !mention_name(&tokens, "a"));
        assert!(!mention_name(&tokens, "T"));
        assert!(mention_name(&quote!(T: Copy), "T"));
        assert!(mention_name(&quote!([u8; { N }]), "N"));
    }

    #[test]
    fn the_enum_stands_for_self() {
        let replaced = replace_self(quote!(Box<Self>, [u8; Self::N], Self: Sized), &quote!(E));
        let expected = quote!(Box<E>, [u8; <E>::N], E: Sized);
        assert_eq!(replaced.to_string(), expected.to_string());
    }

    #[test]
    fn lifetimes_are_filled_in_where_none_may_be_left_out() {
        for (written, filled) in [
            (quote!(&u8), quote!(&'a u8)),
            (quote!((&&u8, &mut [&'b u8; 1 & 2])), quote!((&'a &'a u8, &'a mut [&'b u8; 1 & 2]))),
            (quote!(Cow<'_, Foo<&str, { 1 & 2 }>>), quote!(Cow<'a, Foo<&'a str, { 1 & 2 }>>)),
            (quote!(Box<dyn Fn(&u8) -> &u8>), quote!(Box<dyn Fn(&u8) -> &u8>)),
            (quote!(Vec<(fn(&u8), u8)>), quote!(Vec<(fn(&u8), u8)>)),
            (quote!(bits!(1 & 2)), quote!(bits!(1 & 2))),
        ] {
            assert_eq!(with_lifetimes(written, &quote!('a)).to_string(), filled.to_string());
        }
    }
}
