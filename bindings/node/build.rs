//! What a native module of Node.js is linked with.

fn main() {
    napi_build::setup();
}
