// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "party",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../../../bindings/uniffi/swift/Glueberry")],
    targets: [.executableTarget(name: "party", dependencies: [.product(name: "Glueberry", package: "Glueberry")])],
    swiftLanguageModes: [.v6]
)
