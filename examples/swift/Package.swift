// swift-tools-version: 6.0
import PackageDescription

let glueberry = Target.Dependency.product(name: "Glueberry", package: "Glueberry")

let package = Package(
    name: "Examples",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../../bindings/uniffi/swift/Glueberry")],
    targets: [
        .executableTarget(name: "QuickStart", dependencies: [glueberry]),
        .executableTarget(name: "Chat", dependencies: [glueberry, "Shared"]),
        .executableTarget(name: "AppHandshake", dependencies: [glueberry, "Shared"]),
        // How the programs print, complain, and end.
        .target(name: "Shared", dependencies: [glueberry]),
    ],
    swiftLanguageModes: [.v6]
)
