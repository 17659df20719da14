//! Questions about tokens, and changes to them, where no syntax tree is needed.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
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

    use super::{mention_lifetime, mention_name, replace_self};

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
}
