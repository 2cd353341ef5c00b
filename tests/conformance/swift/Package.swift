// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "driver",
    // For executors that tasks prefer.
    platforms: [.macOS(.v15)],
    dependencies: [.package(path: "../../../bindings/uniffi/swift/Glueberry")],
    targets: [
        .executableTarget(name: "driver", dependencies: [.product(name: "Glueberry", package: "Glueberry")])
    ],
    swiftLanguageModes: [.v6]
)
