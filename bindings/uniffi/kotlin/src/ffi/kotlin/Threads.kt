package io.github.blockberries.glueberry.ffi

import com.sun.jna.CallbackThreadInitializer
import com.sun.jna.Native

/**
 * Threads of the library that call Java stay known to it, as daemons. Otherwise JNA makes each of them
 * known and unknown again with every call, which costs time, and complains on standard error if one is
 * caught at it by the end of the program.
 */
public fun keepThreadsAttached() {
    Native.setCallbackThreadInitializer(uniffiRustFutureContinuationCallbackImpl, attachedForGood())
    Native.setCallbackThreadInitializer(uniffiCallbackInterfaceLogSink.take, attachedForGood())
}

internal fun attachedForGood() = CallbackThreadInitializer(true, false, "glueberry")
