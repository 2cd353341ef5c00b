// The one way of waiting for items, for messages and for events: take what is held, else fetch a batch,
// else wait until there is one. Cancelling a wait takes nothing, so it loses nothing.

package io.github.blockberries.glueberry

import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.yield

/** Where items come from. */
internal interface Source<T : Any> {
    /** Whether nothing more will come, and all was taken. */
    val isOver: Boolean

    /** One that is held. */
    fun take(): T?

    /** Fetches a batch: whether there was one. */
    fun fill(): Boolean

    /** Waits for one. False: it is over, or the wait was ended for another reason. */
    suspend fun ready(): Boolean
}

/** The next one; null at the end. There is no place to be cancelled between taking it and returning it. */
internal suspend fun <T : Any> Source<T>.next(): T? {
    val context = currentCoroutineContext()
    while (true) {
        context.ensureActive()
        take()?.let { return it }
        // A loop over what is there already would otherwise keep its thread for ever.
        if (fill()) yield() else if (!ready() && isOver) return null
    }
}
