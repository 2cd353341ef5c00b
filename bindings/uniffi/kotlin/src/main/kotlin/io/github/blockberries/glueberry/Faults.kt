// What the native half throws becomes what programs catch.

package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.GlueberryException.Known
import io.github.blockberries.glueberry.ffi.Fault
import io.github.blockberries.glueberry.ffi.InternalException

/** Calls the native half. */
internal inline fun <T> call(body: () -> T): T =
    try {
        body()
    } catch (fault: Fault.Told) {
        throw told(fault)
    } catch (fault: InternalException) {
        // A panic where none can be caught: between the languages.
        throw GlueberryException.of(ErrorCode.PANICKED, "a fault inside Glueberry: ${fault.message}", cause = fault)
    }

internal fun told(fault: Fault.Told): GlueberryException {
    val code = byNumber[fault.code] ?: ErrorCode.INTERNAL
    val peer = fault.peer?.let(PeerId::told)
    return GlueberryException.of(Known(code, fault.text, fault.detail, peer, fault.stream, chain(fault.reasons)))
}

/** An argument that cannot be. */
internal fun invalid(message: String): GlueberryException = GlueberryException.of(ErrorCode.INVALID_ARGUMENT, message)

private fun chain(reasons: List<String>): Throwable? =
    reasons.foldRight(null as Throwable?) { reason, behind -> Reason(reason, behind) }

/** What lies behind an error. It was thrown in the native half: a stack here would say nothing. */
private class Reason(message: String, cause: Throwable?) : Exception(message, cause, false, false) {
    override fun toString(): String = message!!
}

private val byNumber = ErrorCode.entries.associateBy { it.number }
