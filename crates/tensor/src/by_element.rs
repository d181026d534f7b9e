//! Functions of `f32` or `f64` that are compiled in the crate they stand in.

/// Compiles a function that is generic over the type of the numbers where it is written, for `f32` and `f64`.
///
/// In a release build, what is generic is compiled anew in each crate that calls it: a program of three lines would
/// compile the walk over the tape and the optimizer's step whenever one of the three changes. So that which is called
/// from outside, and isn't itself generic over anything else, stands in this macro. It is for functions that are
/// called a few times for each layer or parameter, since none of them is inlined.
///
/// The function for `f64` is compiled here with the feature `f64` alone, else in the crate that calls it: few programs
/// do, and for all others it was a third of the time that a cold build takes.
///
/// Lifetimes are written out: they are those of a struct, too.
#[doc(hidden)]
#[macro_export]
macro_rules! compiled_here {
    (
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident<$($life:lifetime $(: $outlived:lifetime)?,)* $element:ident>(
            $($argument:ident: $given:ty),* $(,)?
        ) -> $result:ty $body:block
    ) => {
        $(#[$attribute])*
        $visibility fn $name<$($life $(: $outlived)?,)* $element: $crate::Float>($($argument: $given),*) -> $result {
            fn generic<$($life $(: $outlived)?,)* $element: $crate::Float>(
                ($($argument,)*): ($($given,)*)
            ) -> $result $body

            #[allow(dead_code, reason = "it is a name for two functions")]
            struct Bodies<$($life $(: $outlived)?),*>($(::std::marker::PhantomData<&$life ()>),*);

            impl<$($life $(: $outlived)?),*> $crate::ByElement for Bodies<$($life),*> {
                type Given<$element: $crate::Float> = ($($given,)*);
                type Result<$element: $crate::Float> = $result;

                #[inline(never)]
                fn single(given: Self::Given<f32>) -> Self::Result<f32> {
                    generic(given)
                }

                $crate::double! {
                    fn double(given: Self::Given<f64>) -> Self::Result<f64> {
                        generic(given)
                    }
                }
            }

            <$element as $crate::Float>::by_element::<Bodies<$($life),*>>(($($argument,)*))
        }
    };
}

/// The function for `f64` of [`compiled_here`], whose attribute follows from this crate's features, not from those of
/// the crate that the macro is used in.
#[cfg(feature = "f64")]
#[doc(hidden)]
#[macro_export]
macro_rules! double {
    ($function:item) => {
        #[inline(never)]
        $function
    };
}

/// As above: a function that is `inline` is compiled where it is called.
#[cfg(not(feature = "f64"))]
#[doc(hidden)]
#[macro_export]
macro_rules! double {
    ($function:item) => {
        #[inline]
        $function
    };
}
