//! Collects the errors of one declaration, so that all of them are reported in one go.

use std::{cell::RefCell, fmt::Display, thread};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

/// The errors found so far.
///
/// Panics when dropped without [`Ctxt::into_compile_errors`]: a declaration with mistakes must not
/// compile because somebody forgot to ask for them.
pub struct Ctxt {
    /// `None` once they have been asked for.
    errors: RefCell<Option<Vec<syn::Error>>>,
}

impl Ctxt {
    pub fn new() -> Self {
        Self { errors: RefCell::new(Some(Vec::new())) }
    }

    /// Reports a mistake at the token to mend, in the form "cause; remedy".
    pub fn error(&self, span: Span, message: impl Display) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(syn::Error::new(span, message));
        }
    }

    /// One `compile_error!` for each mistake, in the order in which they were reported.
    pub fn into_compile_errors(self) -> TokenStream {
        self.errors
            .borrow_mut()
            .take()
            .into_iter()
            .flatten()
            .map(|error| compile_error(&error))
            .collect()
    }
}

/// The `compile_error!` of an error. Its path has the edition of what it points at, and in that of 2015 only
/// `std` is found from the root.
pub fn compile_error(error: &syn::Error) -> TokenStream {
    let tokens = error.to_compile_error().into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "core" => Ident::new("std", ident.span()).into(),
        token => token,
    });
    tokens.collect()
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        assert!(
            thread::panicking() || self.errors.borrow().is_none(),
            "the errors of a declaration were dropped unreported"
        );
    }
}
