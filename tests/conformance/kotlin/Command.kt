package conformance

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.int
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long

/** A command, or a part of one: members of a JSON object. */
class Command(private val members: JsonObject) {
    val name: String get() = text("do")
    val names: Set<String> get() = members.keys

    operator fun contains(name: String) = name in members && members[name] != JsonNull

    fun text(name: String): String = given(name).jsonPrimitive.content

    fun textOrNull(name: String) = if (name in this) text(name) else null

    fun int(name: String): Int = given(name).jsonPrimitive.int

    fun intOrNull(name: String) = if (name in this) int(name) else null

    fun longOrNull(name: String) = if (name in this) given(name).jsonPrimitive.long else null

    fun flagOrNull(name: String) = if (name in this) given(name).jsonPrimitive.boolean else null

    fun texts(name: String): List<String> = textsOrNull(name) ?: throw Wrong("$name is missing")

    fun textsOrNull(name: String) =
        if (name in this) given(name).jsonArray.map { it.jsonPrimitive.content } else null

    fun command(name: String) = Command(given(name).jsonObject)

    fun commandOrNull(name: String) = if (name in this) command(name) else null

    /** Whether the member is there, and null. */
    fun isNull(name: String) = members[name] == JsonNull

    private fun given(name: String) = members[name] ?: throw Wrong("$name is missing")

    companion object {
        fun parse(line: String) = Command(Json.parseToJsonElement(line).jsonObject)
    }
}

/** What an answer consists of. */
typealias Members = Map<String, JsonElement>

fun members(vararg all: Pair<String, Any?>): Members = all.associate { (name, value) -> name to json(value) }

fun json(value: Any?): JsonElement = when (value) {
    null -> JsonNull
    is JsonElement -> value
    is String -> JsonPrimitive(value)
    is Boolean -> JsonPrimitive(value)
    is Number -> JsonPrimitive(value)
    is Collection<*> -> JsonArray(value.map(::json))
    is Map<*, *> -> JsonObject(value.entries.associate { (name, of) -> "$name" to json(of) })
    else -> throw Wrong("cannot tell $value")
}
