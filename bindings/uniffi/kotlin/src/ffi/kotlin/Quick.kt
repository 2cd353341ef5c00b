package io.github.blockberries.glueberry.ffi

import com.sun.jna.Native
import com.sun.jna.Pointer
import java.nio.ByteBuffer

/**
 * Calls of numbers and bytes alone, of `quick.rs`: they cost JNA no structures, as those of uniffi do.
 * Objects go by their number: whoever calls holds them.
 */
@Suppress("FunctionName")
public object Quick {
    public const val QUEUED: Int = 0
    public const val NO_ROOM: Int = 1
    public const val READY: Int = 1
    public const val NOT_READY: Int = 0
    public const val WAITS: Int = -1

    init {
        // The library that uniffi loads: another would have none of its objects.
        val library = System.getProperty("uniffi.component.glueberry.libraryOverride") ?: "glueberry_uniffi"
        Native.register(Quick::class.java, library)
    }

    @JvmStatic
    public external fun glueberry_uniffi_send(route: Long, message: ByteArray, length: Int): Int

    @JvmStatic
    public external fun glueberry_uniffi_try_send(route: Long, message: ByteArray, length: Int): Int

    /** Into a direct buffer, from its position. */
    @JvmStatic
    public external fun glueberry_uniffi_drain(messages: Long, most: Int, mostBytes: Int, room: ByteBuffer, size: Int): Int

    /** `rung` is a function. */
    @JvmStatic
    public external fun glueberry_uniffi_ready(messages: Long, rung: Pointer, token: Long): Int
}
