package io.github.blockberries.glueberry.ffi

import com.sun.jna.Native

/**
 * Calls of numbers and bytes alone, of `quick.rs`: they cost JNA no structures, as those of uniffi do. The
 * route is the number of one that is held during the call.
 */
public object Quick {
    public const val QUEUED: Int = 0
    public const val NO_ROOM: Int = 1

    init {
        // The library that uniffi loads: in another there would be none of its routes.
        val library = System.getProperty("uniffi.component.glueberry.libraryOverride") ?: "glueberry_uniffi"
        Native.register(Quick::class.java, library)
    }

    @JvmStatic
    public external fun glueberry_uniffi_send(route: Long, message: ByteArray, length: Int): Int

    @JvmStatic
    public external fun glueberry_uniffi_try_send(route: Long, message: ByteArray, length: Int): Int
}
