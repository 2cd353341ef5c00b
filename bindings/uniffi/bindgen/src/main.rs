//! Writes the generated halves of Kotlin and Swift from the library. A crate of its own, so that the
//! library is not compiled again with what only this program needs.

fn main() {
    uniffi::uniffi_bindgen_main();
}
