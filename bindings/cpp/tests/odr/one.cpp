// One of two units that include the header: see ../check-header.

#include <glueberry.hpp>

glueberry::Config config();

int main() { return glueberry::Node::start(config()).events().drain().empty() ? 0 : 1; }
