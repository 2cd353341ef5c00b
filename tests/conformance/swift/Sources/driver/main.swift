// Obeys commands, one JSON object a line: see ../../../README.md.

import Foundation

let driver = Driver()
while let line = readLine() {
    let answer = await driver.answer(to: try JSON(parsing: line))
    FileHandle.standardOutput.write(Data((answer.line + "\n").utf8))
}
// Tasks that wait do not keep the process.
exit(0)
