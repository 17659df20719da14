//! Questions about tokens, and changes to them, where no syntax tree is needed.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
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
                replaced.extend([in_brackets(&group, replace_self(group.stream(), this))]);
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

/// The type with the given lifetime for each that is not declared: Rust itself reports it in the enum,
/// and would at each copy. Where the type declares some itself, it stays as it is.
pub fn with_known_lifetimes(
    ty: TokenStream,
    is_known: &dyn Fn(&str) -> bool,
    lifetime: &TokenStream,
) -> TokenStream {
    if mention_name(&ty, "for") {
        return ty;
    }
    let mut known = TokenStream::new();
    let mut tokens = ty.into_iter().peekable();
    let mut before = ' ';
    while let Some(token) = tokens.next() {
        let punct = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match token {
            TokenTree::Punct(tick) if tick.as_char() == '\'' => {
                let is_unknown = |name: &TokenTree| matches!(name, TokenTree::Ident(name) if !is_known(&name.unraw().to_string()));
                match tokens.next_if(is_unknown) {
                    Some(_) => known.extend(lifetime.clone()),
                    None => known.extend([TokenTree::Punct(tick)]),
                }
            }
            TokenTree::Group(group) if before != '!' && group.delimiter() != Delimiter::Brace => {
                let inner = with_known_lifetimes(group.stream(), is_known, lifetime);
                known.extend([in_brackets(&group, inner)]);
            }
            token => known.extend([token]),
        }
        before = punct;
    }
    known
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
                filled.extend([in_brackets(group, filled_in(group.stream(), lifetime))]);
            }
            _ => filled.extend([token]),
        }
    }
    filled
}

/// The type with `'static` for each object behind a raw pointer that names no lifetime: that is what
/// is meant there, and behind a `&'view` it would be `'view`.
pub fn with_static_objects(ty: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = ty.clone().into_iter().collect();
    let is_word = |at: usize, words: &[&str]| matches!(tokens.get(at), Some(TokenTree::Ident(ident)) if words.iter().any(|word| ident == word));
    let mut changed = TokenStream::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Punct(star) if star.as_char() == '*' && is_word(at, &["mut", "const"]) => {
                changed.extend([token.clone(), tokens[at].clone()]);
                at += 1;
                let object = match tokens.get(at) {
                    Some(TokenTree::Group(group))
                        if group.delimiter() == Delimiter::Parenthesis =>
                    {
                        at += 1;
                        group.stream()
                    }
                    _ if is_word(at, &["dyn"]) => {
                        let rest: TokenStream = tokens[at..].iter().cloned().collect();
                        let object: Vec<TokenTree> = up_to_the_end_of_a_type(rest);
                        at += object.len();
                        object.into_iter().collect()
                    }
                    _ => continue,
                };
                changed.extend(static_object(object));
            }
            TokenTree::Group(group) => {
                changed.extend([in_brackets(group, with_static_objects(group.stream()))]);
            }
            token => changed.extend([token.clone()]),
        }
    }
    changed
}

fn static_object(object: TokenStream) -> TokenStream {
    let bounds = split_outside_angles(object.clone(), '+');
    let is_object =
        matches!(object.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == "dyn");
    let has_lifetime = bounds.into_iter().any(|bound| {
        matches!(bound.into_iter().next(), Some(TokenTree::Punct(tick)) if tick.as_char() == '\'')
    });
    if is_object && !has_lifetime { quote!((#object + 'static)) } else { quote!((#object)) }
}

fn up_to_the_end_of_a_type(tokens: TokenStream) -> Vec<TokenTree> {
    let (mut depth, mut before, mut ty) = (0usize, ' ', Vec::new());
    for token in tokens {
        let punct = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match punct {
            ',' | ';' | '=' if depth == 0 => break,
            '<' => depth += 1,
            '>' if before != '-' && depth == 0 => break,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        before = punct;
        ty.push(token);
    }
    ty
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

/// The tokens with `r#` before what may be a name in a crate of 2015, and only there.
pub fn with_raw_names(tokens: TokenStream) -> TokenStream {
    let raw = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "async" || ident == "await" || ident == "try" => {
            Ident::new_raw(&ident.to_string(), ident.span()).into()
        }
        TokenTree::Group(group) => in_brackets(&group, with_raw_names(group.stream())),
        token => token,
    });
    raw.collect()
}

/// Stands for the macro that the expressions in a declaration are hidden in.
const HIDDEN: &str = "__statemachine_hidden";

/// The declaration with its lengths of arrays, defaults of constants and discriminants as calls of a
/// macro: of other expressions the parser knows few, unless somebody has it compiled with all.
pub fn hide_expressions(declaration: TokenStream) -> TokenStream {
    let mut hidden = TokenStream::new();
    let mut before = ' ';
    for token in declaration {
        let punct = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let inner = match before {
                    '=' | '<' | ',' => hide(group.stream()),
                    _ => hide_discriminants(group.stream()),
                };
                hidden.extend([in_brackets(&group, inner)]);
            }
            token => hidden.extend(hide_lengths(token.into(), before)),
        }
        before = punct;
    }
    hidden
}

/// What a declaration with hidden expressions became, with the expressions.
pub fn show_expressions(tokens: TokenStream) -> TokenStream {
    let mut shown = TokenStream::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == HIDDEN => {
                if let Some(TokenTree::Group(group)) = tokens.nth(1) {
                    shown.extend(group.stream());
                }
            }
            TokenTree::Group(group) => {
                shown.extend([in_brackets(&group, show_expressions(group.stream()))]);
            }
            token => shown.extend([token]),
        }
    }
    shown
}

fn hide(expression: TokenStream) -> TokenStream {
    let name = Ident::new(HIDDEN, Span::call_site());
    quote!(#name! { #expression })
}

fn in_brackets(like: &Group, tokens: TokenStream) -> TokenTree {
    let mut group = Group::new(like.delimiter(), tokens);
    group.set_span(like.span());
    TokenTree::Group(group)
}

fn hide_discriminants(variants: TokenStream) -> TokenStream {
    let mut hidden = TokenStream::new();
    let mut value: Option<TokenStream> = None;
    for token in variants {
        let punct = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        if punct == ',' {
            hidden.extend(value.take().map(hide));
        }
        match &mut value {
            Some(value) => value.extend([token]),
            None => hidden.extend([token]),
        }
        if punct == '=' && value.is_none() {
            value = Some(TokenStream::new());
        }
    }
    hidden.extend(value.map(hide));
    hide_lengths(hidden, ' ')
}

fn hide_lengths(tokens: TokenStream, mut before: char) -> TokenStream {
    let mut hidden = TokenStream::new();
    for token in tokens {
        let punct = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match token {
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace && matches!(before, '=' | '<' | ',') =>
            {
                hidden.extend([in_brackets(&group, hide(group.stream()))]);
            }
            // Attributes and what macros are given are not looked into.
            TokenTree::Group(group) if !matches!(before, '#' | '!') => {
                let is_array = group.delimiter() == Delimiter::Bracket;
                let mut inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_semicolon =
                    |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ';');
                let length = inner.iter().position(is_semicolon).filter(|_| is_array);
                let length = length.map(|semicolon| inner.split_off(semicolon + 1));
                let mut inner = hide_lengths(inner.into_iter().collect(), ' ');
                inner.extend(length.map(|length| hide(length.into_iter().collect())));
                hidden.extend([in_brackets(&group, inner)]);
            }
            token => hidden.extend([token]),
        }
        before = punct;
    }
    hidden
}

/// Of a list of bounds, `A + B<U> + C<Item = U>`, what does not mention any of certain names: here `A`
/// and `C`.
pub fn bounds_without(
    bounds: &TokenStream,
    is_named: &dyn Fn(&TokenStream) -> bool,
) -> TokenStream {
    let mut kept: Vec<TokenStream> = Vec::new();
    for bound in split_outside_angles(bounds.clone(), '+') {
        let bound = without_bindings(bound, is_named);
        if !bound.is_empty() && !is_named(&bound) {
            kept.push(bound);
        }
    }
    quote!(#(#kept)+*)
}

/// `Trait<A, Item = B>` without those of its bindings that mention one of the names.
fn without_bindings(bound: TokenStream, is_named: &dyn Fn(&TokenStream) -> bool) -> TokenStream {
    let tokens: Vec<TokenTree> = bound.clone().into_iter().collect();
    let is = |token: Option<&TokenTree>, wanted: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted);
    // What is bound to a lifetime before the trait's name has angle brackets too.
    let start = match tokens.first() {
        Some(TokenTree::Ident(first)) if first == "for" => {
            tokens.iter().position(|token| is(Some(token), '>')).map_or(0, |end| end + 1)
        }
        _ => 0,
    };
    let open = tokens.iter().skip(start).position(|token| is(Some(token), '<'));
    let (Some(open), true) = (open.map(|open| start + open), is(tokens.last(), '>')) else {
        return bound;
    };
    let inside: TokenStream = tokens[open + 1..tokens.len() - 1].iter().cloned().collect();
    let arguments = split_outside_angles(inside, ',').into_iter().filter(|argument| {
        let is_binding = argument.clone().into_iter().zip(argument.clone().into_iter().skip(1));
        let is_binding = is_binding.into_iter().any(|(token, next)| {
            is(Some(&token), '=')
                || matches!(&token, TokenTree::Punct(p)
                    if p.as_char() == ':' && p.spacing() == Spacing::Alone)
                    && !is(Some(&next), ':')
        });
        !(is_binding && is_named(argument))
    });
    let arguments: Vec<TokenStream> = arguments.collect();
    let before = &tokens[..open];
    if arguments.is_empty() { quote!(#(#before)*) } else { quote!(#(#before)*<#(#arguments),*>) }
}

/// The runs of tokens between those of one kind that stand in no brackets, angle brackets included.
pub fn split_outside_angles(tokens: TokenStream, at: char) -> Vec<TokenStream> {
    let mut runs = vec![TokenStream::new()];
    let (mut depth, mut before) = (0usize, ' ');
    for token in tokens {
        let punct = if let TokenTree::Punct(punct) = &token { punct.as_char() } else { ' ' };
        match punct {
            '<' => depth += 1,
            // In `->` it closes nothing.
            '>' if before != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = punct;
        if punct == at && depth == 0 {
            runs.push(TokenStream::new());
        } else if let Some(run) = runs.last_mut() {
            run.extend([token]);
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// The declaration with nothing but its name for each variant that cannot be parsed, and without what has
/// no name either. A comma that is missing before the attributes of a variant is put there.
pub fn without_broken_variants(declaration: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = declaration.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.last_mut() {
        let variants = with_commas(body.stream());
        let variants = split_outside_angles(variants, ',').into_iter().filter_map(|variant| {
            let is_whole = syn::parse2::<syn::Variant>(variant.clone()).is_ok();
            if is_whole { Some(variant) } else { first_ident(variant).map(Into::into) }
        });
        let variants: Vec<TokenStream> = variants.collect();
        *body = Group::new(body.delimiter(), quote!(#(#variants),*));
    }
    tokens.into_iter().collect()
}

/// A comma before each attribute that follows a whole variant.
fn with_commas(body: TokenStream) -> TokenStream {
    let mut is_whole = false;
    let mut tokens = Vec::new();
    for token in body {
        if is_whole && matches!(&token, TokenTree::Punct(hash) if hash.as_char() == '#') {
            tokens.push(TokenTree::Punct(Punct::new(',', Spacing::Alone)));
        }
        is_whole = match &token {
            TokenTree::Group(group) => group.delimiter() != Delimiter::Bracket,
            TokenTree::Ident(_) | TokenTree::Literal(_) => true,
            TokenTree::Punct(_) => false,
        };
        tokens.push(token);
    }
    tokens.into_iter().collect()
}

fn first_ident(tokens: TokenStream) -> Option<TokenTree> {
    tokens.into_iter().find(|token| matches!(token, TokenTree::Ident(_)))
}

/// `T` and its bounds, of a predicate `T: A + B`.
pub fn subject_and_bounds(predicate: &TokenStream) -> Option<(TokenStream, TokenStream)> {
    let tokens: Vec<TokenTree> = predicate.clone().into_iter().collect();
    let colon = |position: usize| matches!(tokens.get(position), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let (mut depth, mut at) = (0usize, None);
    for (position, token) in tokens.iter().enumerate() {
        let TokenTree::Punct(punct) = token else { continue };
        match punct.as_char() {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && !colon(position + 1) && !(position > 0 && colon(position - 1)) => {
                at = Some(position);
                break;
            }
            _ => {}
        }
    }
    let at = at?;
    Some((tokens[..at].iter().cloned().collect(), tokens[at + 1..].iter().cloned().collect()))
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
                TokenTree::Ident(ident) => TokenTree::Ident(respanned_ident(&ident, span)),
                token => token,
            };
            token.set_span(span);
            token
        })
        .collect()
}

/// The tokens with the ends of what stands elsewhere: the compiler takes both for one place.
pub fn in_place_of(tokens: TokenStream, place: &TokenStream) -> TokenStream {
    let mut spans = place.clone().into_iter().map(|token| token.span());
    let Some(first) = spans.next() else {
        return tokens;
    };
    with_ends(tokens, first, spans.last().unwrap_or(first))
}

/// The tokens with that span for the first and the last one.
pub fn with_ends_at(tokens: TokenStream, span: Span) -> TokenStream {
    with_ends(tokens, span, span)
}

fn with_ends(tokens: TokenStream, start: Span, end: Span) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    // Of `::` each half is a token.
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ':');
    let leading = tokens.iter().take_while(|token| is_colon(token)).count().max(1);
    for first in tokens.iter_mut().take(leading) {
        first.set_span(start);
    }
    if let Some(last) = tokens.last_mut() {
        last.set_span(end);
    }
    tokens.into_iter().collect()
}

/// The identifier with that span. The span has an edition, in which it may be a keyword that it was
/// not where the user wrote it.
pub fn respanned_ident(ident: &Ident, span: Span) -> Ident {
    const OF_LATER_EDITIONS: [&str; 4] = ["async", "await", "gen", "try"];
    match OF_LATER_EDITIONS.iter().find(|keyword| ident == **keyword) {
        Some(keyword) => Ident::new_raw(keyword, span),
        None => {
            let mut ident = ident.clone();
            ident.set_span(span);
            ident
        }
    }
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

    use super::{
        bounds_without, hide_expressions, mention_lifetime, mention_name, replace_self,
        show_expressions, subject_and_bounds, with_lifetimes, with_static_objects,
    };

    #[test]
    fn objects_behind_pointers_are_static() {
        for (written, meant) in [
            (quote!(*mut dyn A), quote!(*mut (dyn A + 'static))),
            (quote!(Foo<*const dyn A<B>, u8>), quote!(Foo<*const (dyn A<B> + 'static), u8>)),
            (quote!((*mut (dyn A + Send), u8)), quote!((*mut (dyn A + Send + 'static), u8))),
            (quote!(*mut (dyn A + 'a)), quote!(*mut (dyn A + 'a))),
            (quote!(*mut dyn Fn(u8) -> u8), quote!(*mut (dyn Fn(u8) -> u8 + 'static))),
            (quote!(&'a dyn A), quote!(&'a dyn A)),
            (quote!(*mut u8), quote!(*mut u8)),
        ] {
            assert_eq!(with_static_objects(written).to_string(), meant.to_string());
        }
    }

    #[test]
    fn what_is_hidden_is_shown_again() {
        let declaration = quote! {
            #[a(= { 1 }, [u8; 2])]
            pub enum E<T: A<{ 1 }, [u8; 2]> = [u8; if A { 1 } else { 2 }], const N: usize = { 1; 2 }> where T: A<{ 3 }> {
                A { a: [[u8; { 1 }]; match N { _ => 3 }], b: Foo<u8, { 1; 2 }> } = 1 + { 2 },
                B(m![a; b]) = if true { 1 } else { 2 },
                C,
            }
        };
        let hidden = hide_expressions(declaration.clone());
        assert_ne!(hidden.to_string(), declaration.to_string());
        assert_eq!(show_expressions(hidden).to_string(), declaration.to_string());
    }

    #[test]
    fn bounds_are_kept_without_the_names_that_are_gone() {
        let is_gone = |tokens: &proc_macro2::TokenStream| mention_name(tokens, "U");
        for (bounds, kept) in [
            (quote!(Key + Into<U>), quote!(Key)),
            (quote!(?Sized + PartialEq<U> + 'a), quote!(?Sized + 'a)),
            (quote!(Iterator<Item = U>), quote!(Iterator)),
            (
                quote!(for<'x> Map<&'x T, Key: Into<U>, Value = T>),
                quote!(for<'x> Map<&'x T, Value = T>),
            ),
            (quote!(Fn(T) -> U + Copy), quote!(Copy)),
            (quote!(Into<U>), quote!()),
        ] {
            assert_eq!(bounds_without(&bounds, &is_gone).to_string(), kept.to_string());
        }
        let predicate = quote!(<T as a::B<u8>>::C: Key + Into<U>);
        let (subject, bounds) = subject_and_bounds(&predicate).expect("a colon");
        assert_eq!(subject.to_string(), quote!(<T as a::B<u8>>::C).to_string());
        assert_eq!(bounds.to_string(), quote!(Key + Into<U>).to_string());
    }

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
