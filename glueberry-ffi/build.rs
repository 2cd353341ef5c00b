//! What the shared library is called, and that it stays loaded.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        let (major, minor) = (version("MAJOR"), version("MINOR"));
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libglueberry.so.{major}.{minor}");
        // Its threads go on when a plug-in that loaded it is unloaded.
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}

/// A part of the package's version. Below 1.0 a new minor version may break the ABI.
fn version(part: &str) -> String {
    std::env::var(format!("CARGO_PKG_VERSION_{part}")).expect("cargo sets it")
}
