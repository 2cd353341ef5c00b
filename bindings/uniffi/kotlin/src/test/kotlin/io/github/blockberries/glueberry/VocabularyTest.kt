package io.github.blockberries.glueberry

import io.github.blockberries.glueberry.ffi.nativeErrors
import io.github.blockberries.glueberry.ffi.nativeVocabulary
import kotlin.test.Test
import kotlin.test.assertEquals

class VocabularyTest {
    @Test
    fun `every word has the name and the number of the core`() {
        val ours = mapOf(
            "State" to numbers(State.entries) { it.number },
            "DisconnectReason" to numbers(DisconnectReason.entries) { it.number },
            "Denial" to numbers(Denial.entries) { it.number },
            "StreamCloseReason" to numbers(StreamCloseReason.entries) { it.number },
            "Direction" to numbers(Direction.entries) { it.number },
            "PressureLevel" to numbers(PressureLevel.entries) { it.number },
            "HandshakeMode" to numbers(HandshakeMode.entries) { it.number },
            "Security" to numbers(Security.entries) { it.number },
            "ErrorClass" to numbers(ErrorClass.entries) { it.number },
            "ErrorCode" to numbers(ErrorCode.entries) { it.number },
            "EventName" to numbers(EventKind.entries) { it.number },
            "StreamState" to numbers(StreamState.entries) { it.number },
        )
        val core = nativeVocabulary().mapValues { (_, words) -> words.mapKeys { (word, _) -> upperSnake(word) } }
        assertEquals(core, ours)
    }

    @Test
    fun `of every error the same is known as in the core`() {
        val core = nativeErrors().map { listOf(it.name, it.number, upperSnake(it.`class`), it.retriable, it.hint) }
        val ours = ErrorCode.entries.map { listOf(it.title, it.number, it.errorClass.name, it.retriable, it.hint) }
        assertEquals(core, ours)
        assertEquals(ErrorCode.entries.map { it.name }, ErrorCode.entries.map { upperSnake(it.title) })
    }

    private fun <Word : Enum<Word>> numbers(words: List<Word>, number: (Word) -> Int) =
        words.associate { it.name to number(it) }

    private fun upperSnake(word: String) = word.replace(Regex("(?<=.)[A-Z]")) { "_${it.value}" }.uppercase()
}
