// Functions that wait, as Java waits for them.

package io.github.blockberries.glueberry

import java.util.concurrent.CompletableFuture
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.future.future
import kotlinx.coroutines.launch

private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

/**
 * A call whose first step is taken here and now, so that calls keep their order. Cancelling the future
 * cancels the call.
 */
internal fun <T> future(call: suspend () -> T): CompletableFuture<T> =
    scope.future(start = CoroutineStart.UNDISPATCHED) { call() }

/** Futures of the next item. What comes when its future is cancelled already is put back. */
internal class Nexts<T : Any>(private val next: suspend () -> T?, private val putBack: (T) -> Unit) {
    private var last: Job? = null

    @Synchronized
    fun next(): CompletableFuture<T?> {
        val result = CompletableFuture<T?>()
        val before = last
        val job = scope.launch(start = CoroutineStart.UNDISPATCHED) {
            // One that was cancelled takes a moment to leave. One that waits is the caller's mistake.
            if (before?.isCancelled == true) before.join()
            deliver(result)
        }
        last = job
        result.whenComplete { _, _ -> if (result.isCancelled) job.cancel() }
        return result
    }

    private suspend fun deliver(result: CompletableFuture<T?>) {
        val item = try {
            next.invoke()
        } catch (thrown: Throwable) {
            result.completeExceptionally(thrown)
            return
        }
        if (!result.complete(item) && item != null) putBack(item)
    }
}
