// How programs end: by themselves, by force, and by an error.

import Foundation
import Glueberry
import Testing

@Suite(.serialized) struct ProcessTests {
    @Test(arguments: ["end", "exit"])
    func aProgramThatClosesNothingEndsWell25TimesOf25(way: String) async throws {
        for _ in 0..<25 {
            let outcome = try await run("Probe", [way])
            #expect((outcome.status, outcome.wasKilled) == (way == "exit" ? 7 : 0, false))
            #expect((outcome.output, outcome.complaints) == ("talked\n", ""))
        }
    }

    @Test func whatIsThrownInsideOfALoopEndsTheProgramAsAnyOtherError() async throws {
        let outcome = try await run("Probe", ["throw"])
        #expect(outcome.wasKilled || outcome.status != 0)
        #expect(outcome.complaints.contains("Mine"))
    }

    @Test func aSignalEndsAProgramWithWaits() async throws {
        let outcome = try await run("Probe", ["interrupt"])
        #expect((outcome.status, outcome.wasKilled) == (SIGINT, true))
        #expect(outcome.output == "talked\n")
    }

    @Test func theLogGoesToOneFunctionUntilItIsTakenBackAndHasNoPayload() async throws {
        let outcome = try await run("Probe", ["log"])
        #expect((outcome.status, outcome.output, outcome.complaints) == (0, "fine\n", ""))
    }
}
