//! Words that every language shares, each with a number that stays.

/// Gives an enumeration of unit variants its numbers and names: `ALL`, `number` and `name`. Numbers
/// are never reused; foreign languages know the words by them.
#[doc(hidden)]
#[macro_export]
macro_rules! vocabulary {
    ($enumeration:ident { $($number:literal $name:ident)+ }) => {
        impl $enumeration {
            /// Every one of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its number in languages that have no such enumeration. It never changes.
            #[must_use]
            pub fn number(self) -> u16 {
                match self { $(Self::$name => $number,)+ }
            }

            /// Its name, the same in every language.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }
        }
    };
}
