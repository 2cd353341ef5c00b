// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "Glueberry",
    platforms: [.macOS(.v13), .iOS(.v16), .tvOS(.v16), .watchOS(.v9)],
    products: [.library(name: "Glueberry", targets: ["Glueberry"])],
    targets: [
        // The native library, found through pkg-config's files.
        .systemLibrary(name: "CGlueberry", pkgConfig: "glueberry_uniffi"),
        // Written by `generate`, as is the header of CGlueberry.
        .target(name: "GlueberryFFI", dependencies: ["CGlueberry"]),
        .target(name: "Glueberry", dependencies: ["GlueberryFFI"]),
        // A program that ends in all the ways in which programs end.
        .executableTarget(name: "Probe", dependencies: ["Glueberry"], path: "Tests/Probe"),
        .testTarget(name: "GlueberryTests", dependencies: ["Glueberry", "GlueberryFFI", "Probe"]),
    ],
    swiftLanguageModes: [.v6]
)
