//! test
use napi::bindgen_prelude::*;
use napi::threadsafe_function::ThreadsafeFunction;
use napi::Status;
use napi_derive::napi;
/// x
pub type Wake = ThreadsafeFunction<(), (), (), Status, false, true, 0>;
/// y
#[napi]
pub struct Reactor { wake: Wake }
#[napi]
impl Reactor {
    /// a
    #[napi(constructor)]
    pub fn new(wake: Function<'_, (), ()>) -> napi::Result<Self> {
        Ok(Self { wake: wake.build_threadsafe_function::<()>().weak::<true>().callee_handled::<false>().build()? })
    }
    /// b
    #[napi]
    pub fn keep(&mut self, env: Env, on: bool) -> napi::Result<()> {
        #[expect(deprecated, reason = "x")]
        if on { self.wake.refer(&env) } else { self.wake.unref(&env) }
    }
}
