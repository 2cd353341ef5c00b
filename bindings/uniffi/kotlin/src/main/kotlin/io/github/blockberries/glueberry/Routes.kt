package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.NativeNode
import io.github.blockberries.glueberry.ffi.Quick
import io.github.blockberries.glueberry.ffi.Route as NativeRoute
import io.github.blockberries.glueberry.ffi.Sending
import java.util.concurrent.ConcurrentHashMap

/** Where messages were sent to, so that a message costs one call without texts. */
internal class Routes(private val native: NativeNode) {
    private val known = ConcurrentHashMap<Place, Route>()

    fun to(peer: PeerId, stream: String): Route {
        val place = Place(peer, stream)
        return known[place] ?: add(place)
    }

    private fun add(place: Place): Route {
        val route = Route(call { native.route(place.peer.toString(), place.stream) })
        // Others may be sending on them: the garbage collector frees them.
        if (known.size >= MOST) known.clear()
        return known.putIfAbsent(place, route) ?: route
    }

    private data class Place(val peer: PeerId, val stream: String)

    private companion object {
        /** Full, all are forgotten: those in use are there again with the next message. Some 500 KiB. */
        const val MOST = 4096
    }
}

/** A peer and a stream. */
internal class Route(private val native: NativeRoute) {
    /** Good for as long as there is [native]. */
    private val number = call { native.number() }

    /** Sends a message: null if it is queued, as it mostly is; otherwise what waits for room. */
    fun send(message: ByteArray): Sending? {
        val outcome = Quick.glueberry_uniffi_send(number, message, message.size)
        return if (outcome == Quick.QUEUED) null else call { native.send(message) }
    }

    /** Sends a message if there is room: whether there was. */
    fun trySend(message: ByteArray): Boolean =
        when (Quick.glueberry_uniffi_try_send(number, message, message.size)) {
            Quick.QUEUED -> true
            Quick.NO_ROOM -> false
            // It tells what is wrong.
            else -> call { native.trySend(message) }
        }
}
