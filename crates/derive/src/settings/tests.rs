//! What the derive refuses; what it writes is tested where it is used.

use super::*;
use syn::parse_quote;

/// The message of the compile error.
#[track_caller]
fn refused(input: DeriveInput) -> String {
    match expand(&input) {
        Ok(_) => panic!("this should be an error"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn what_makes_no_sense_is_a_compile_error() {
    assert_eq!(
        refused(parse_quote! { enum Either { A, B } }),
        "Settings can be derived for a struct alone",
    );
    assert_eq!(
        refused(parse_quote! { struct Pair(f64, f64); }),
        "a setting needs a name: give the fields names",
    );
    assert_eq!(
        refused(parse_quote! { struct Blur { sigma: f64 } }),
        "document the setting: its setter says the same",
    );
    assert_eq!(
        refused(parse_quote! { struct Blur { /** Pixels. */ #[setting(least = 0.0)] sigma: f64 } }),
        "expected `default`, `range`, `called`, `setter`, `alias`, `from` or `skip`",
    );
    assert_eq!(
        refused(parse_quote! { #[settings(makes)] struct Blur { /** Pixels. */ sigma: f64 } }),
        "expected `=`",
    );
    assert_eq!(
        refused(
            parse_quote! { #[settings(layer = Blur)] struct Blur { /** Pixels. */ sigma: f64 } }
        ),
        "expected `makes`, `operation`, `shortcut`, `any_element`, `constant`, `private` or `held_by`",
    );
    assert_eq!(
        refused(parse_quote! { #[settings(constant)] struct Blur { /** Pixels. */ sigma: f64 } }),
        "`makes` says what is made, and `operation` what its errors begin with: give both, or neither of them and \
         nothing else that says how it is made",
    );
}

#[test]
fn a_setter_says_what_its_field_says_and_the_default_and_the_range() {
    let input = parse_quote! {
        struct Blur {
            /// The deviation, in pixels.
            #[setting(default = 1.0, range = 0.1..=2.0, alias = "radius")]
            sigma: f64,
            /// Pixels.
            #[setting(default = 3.0, range = POSITIVE)]
            reach: f64,
        }
    };
    let written = expand(&input).unwrap().to_string();
    let expected = quote! {
        #[doc = " The deviation, in pixels."]
        #[doc = ""]
        #[doc = " By default `1.0`. It must be between 0.1 and 2."]
        #[doc(alias = "radius")]
        #[must_use]
        pub fn sigma(mut self, sigma: f64) -> Self {
            self.sigma = sigma;
            self
        }
    };
    assert!(written.contains(&expected.to_string()), "{written}");
    assert!(written.contains("By default `3.0`. It must be more than 0."), "{written}");
}

#[test]
fn ranges_are_told_in_words() {
    let told = |range: Tokens| {
        let input = parse_quote! {
            struct Blur {
                /// Pixels.
                #[setting(default = 1.0, range = #range)]
                sigma: f64,
            }
        };
        let written = expand(&input).unwrap().to_string();
        let start = written.find("It must be ").unwrap() + 11;
        written[start..].split('"').next().unwrap().to_owned()
    };
    assert_eq!(told(quote!(0.0..=1.0)), "between 0 and 1.");
    assert_eq!(told(quote!(0.0..1.0)), "0 or more, and less than 1.");
    assert_eq!(told(quote!(1.0..)), "1 or more.");
    assert_eq!(told(quote!(..=0.5)), "at most 0.5.");
    assert_eq!(told(quote!(POSITIVE)), "more than 0.");
    assert_eq!(told(quote!(my_range())), "in `my_range()`.");
}
