package io.github.blockberries.glueberry.ffi

import com.sun.jna.Callback
import com.sun.jna.CallbackReference
import com.sun.jna.Native
import com.sun.jna.Pointer
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlin.coroutines.resume
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.suspendCancellableCoroutine

/** Coroutines that wait for messages, each by a number of its own. */
public object Waits {
    private val waiting = ConcurrentHashMap<Long, CancellableContinuation<Int>>()
    private val tokens = AtomicLong()
    private val rung = Rung { token -> wake(token, Quick.READY) }
    private val address: Pointer

    init {
        Native.setCallbackThreadInitializer(rung, attachedForGood())
        address = CallbackReference.getFunctionPointer(rung)
    }

    /**
     * Waits until there may be messages: true. False at the end, or where the wait is ended in the native
     * half; null if it fails.
     */
    public suspend fun ready(messages: Long): Boolean? {
        val outcome = suspendCancellableCoroutine { continuation ->
            val token = tokens.incrementAndGet()
            waiting[token] = continuation
            continuation.invokeOnCancellation { waiting.remove(token) }
            val outcome = Quick.glueberry_uniffi_ready(messages, address, token)
            if (outcome != Quick.WAITS) wake(token, outcome)
        }
        return when (outcome) {
            Quick.READY -> true
            Quick.NOT_READY -> false
            else -> null
        }
    }

    private fun wake(token: Long, outcome: Int) {
        waiting.remove(token)?.resume(outcome)
    }

    private fun interface Rung : Callback {
        fun callback(token: Long)
    }
}
