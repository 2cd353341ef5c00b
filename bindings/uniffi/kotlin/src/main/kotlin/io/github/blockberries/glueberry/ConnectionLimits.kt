package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.LimitSettings

/**
 * How many connections a node takes. What is null has its default.
 *
 * @property pending those that have not proven an identity yet.
 * @property total all together.
 * @property perPeer those of one peer.
 * @property perAddress those from one address.
 */
public data class ConnectionLimits(
    public val pending: Int? = null,
    public val total: Int? = null,
    public val perPeer: Int? = null,
    public val perAddress: Int? = null,
) {
    internal fun settings() = LimitSettings(
        pending = pending?.toLong(),
        total = total?.toLong(),
        perPeer = perPeer?.toLong(),
        perAddress = perAddress?.toLong(),
    )
}
