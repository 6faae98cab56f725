//! Finds the paths that a source file uses, in imports, expressions, types and macro arguments alike. It must not judge them.
//!
//! It reads tokens, not syntax trees: inside a macro there is no syntax yet, and an import may hide there too.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// This crate's root: `crate`, `self` and `super` are resolved.
    Crate,
    /// Another crate, or a name in scope.
    Elsewhere,
}

#[derive(Debug)]
pub struct Used {
    pub root: Root,
    pub path: Vec<String>,
    pub line: usize,
}

const KEYWORDS: [&str; 20] = [
    "use", "as", "in", "return", "break", "match", "if", "else", "while", "for", "let", "mut", "ref", "move", "dyn",
    "impl", "where", "unsafe", "await", "extern",
];

/// Every path of a file whose module is `file` (`["adapters", "graph"]`), nested trees taken apart.
pub fn uses(source: &str, file: &[String]) -> Vec<Used> {
    let tokens: TokenStream = source.parse().expect("the source is lexically Rust");
    let root = matches!(file, [only] if matches!(only.as_str(), "lib" | "main"));
    let mut found = Vec::new();
    walk(&tokens.into_iter().collect::<Vec<_>>(), if root { &[] } else { file }, &mut found);
    found
}

fn walk(tokens: &[TokenTree], module: &[String], found: &mut Vec<Used>) {
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) if word == "mod" => {
                if let Some((name, body)) = inline_module(&tokens[at..]) {
                    walk(&body, &[module, &[name]].concat(), found);
                    at += 3;
                } else {
                    at += 1;
                }
            }
            // its path begins behind it: `use ::a::b`, `return ::a::b()`
            TokenTree::Ident(word) if KEYWORDS.iter().any(|keyword| word == keyword) => at += 1,
            TokenTree::Ident(word) => {
                let line = word.span().start().line;
                let announced = at > 0 && matches!(&tokens[at - 1], TokenTree::Ident(w) if w == "use" || w == "crate");
                let after_dot = at > 0 && is(&tokens[at - 1], '.');
                let mut paths = Vec::new();
                at += read_path(&tokens[at..], &[], &mut paths);
                let worth = |path: &Vec<String>| !after_dot && (announced || path.len() > 1);
                found.extend(paths.into_iter().filter(worth).map(|path| resolve(path, module, line)));
            }
            TokenTree::Group(group) => {
                walk(&group.stream().into_iter().collect::<Vec<_>>(), module, found);
                at += 1;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => at += 1,
        }
    }
}

fn inline_module(tokens: &[TokenTree]) -> Option<(String, Vec<TokenTree>)> {
    match tokens {
        [_, TokenTree::Ident(name), TokenTree::Group(body), ..] if body.delimiter() == Delimiter::Brace => {
            Some((name.to_string(), body.stream().into_iter().collect()))
        }
        _ => None,
    }
}

/// Reads `a::b::{c, d::e}` from the first token on, which is an identifier; says how many tokens that took.
fn read_path(tokens: &[TokenTree], before: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    let mut at = 0;
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(part)) => {
                path.push(part.to_string());
                at += 1;
            }
            Some(TokenTree::Group(tree)) if at > 0 && tree.delimiter() == Delimiter::Brace => {
                let inner: Vec<TokenTree> = tree.stream().into_iter().collect();
                for branch in inner.split(|token| is(token, ',')).filter(|branch| !branch.is_empty()) {
                    read_path(branch, &path, paths);
                }
                return at + 1;
            }
            _ => break, // a glob, or generic arguments
        }
        if !(tokens.get(at).is_some_and(|token| is(token, ':'))
            && tokens.get(at + 1).is_some_and(|token| is(token, ':')))
        {
            break;
        }
        at += 2;
    }
    paths.push(path);
    at.max(1)
}

fn resolve(path: Vec<String>, module: &[String], line: usize) -> Used {
    let mut here: Vec<String> = match path[0].as_str() {
        "crate" | "omnichannel_whatsapp" => Vec::new(),
        "self" | "super" => module.to_vec(),
        _ => return Used { root: Root::Elsewhere, path, line },
    };
    for part in path {
        match part.as_str() {
            "crate" | "self" | "omnichannel_whatsapp" => {}
            "super" => {
                here.pop();
            }
            _ => here.push(part),
        }
    }
    Used { root: Root::Crate, path: here, line }
}

fn is(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == punct)
}
