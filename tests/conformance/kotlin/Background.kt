package conformance

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async

/** Calls that go on while other commands are obeyed. */
class Background {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val begun = HashMap<String, Deferred<Members>>()

    /** The call is made when this returns: everything up to its first wait has been done. */
    fun begin(tag: String, command: Command, call: suspend (Command) -> Members): Members {
        begun[tag] = scope.async(start = CoroutineStart.UNDISPATCHED) { answered { call(command) } }
        return members()
    }

    /** What a call answers; when the time is over it goes on. */
    suspend fun await(command: Command): Members {
        val tag = command.text("tag")
        val told = within(command) { find(tag).await() }
        begun.remove(tag)
        return told
    }

    suspend fun cancel(tag: String): Members {
        val call = find(tag)
        begun.remove(tag)
        call.cancel()
        // It tells of its cancellation itself, unless it was over before it had begun to wait.
        call.join()
        return runCatching { call.await() }.getOrElse { members("cancelled" to true) }
    }

    private fun find(tag: String) = begun[tag] ?: throw Wrong("no call was begun as $tag")
}
