// A program that ends in all the ways in which programs end, and one that says how its memory grows.
//
//   Probe end|exit|throw|interrupt|log
//   Probe grow STEP ROUNDS COUNT

import Foundation
import Glueberry

let arguments = CommandLine.arguments.dropFirst()

switch arguments.first {
case "grow":
    let step = Step(rawValue: arguments[2])!
    try await grow(step, rounds: Int(arguments[3])!, count: Int(arguments[4])!)
case "log": try await logs()
case let way?: try await talk(until: way)
case nil: fatalError("Probe end|exit|throw|interrupt|log|grow")
}
