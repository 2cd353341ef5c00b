// The other unit: it uses what the first one uses as well.

#include <glueberry.hpp>

glueberry::Config config();

glueberry::Config config() {
  const auto identity = glueberry::Identity::generate();
  static_cast<void>(glueberry::Node::start(glueberry::Config(identity)).events().drain());
  return glueberry::Config(identity);
}
