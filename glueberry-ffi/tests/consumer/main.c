/* A program as somebody writes it who has installed the library: it starts a node and ends it.
   scripts/test-c builds it through pkg-config and CMake, and compares the line that it prints. */

#include <glueberry.h>

#include <stdio.h>
#include <string.h>

static int fail(const char *what, glueberry_error_t *error) {
  fprintf(stderr, "%s: %s\n", what, glueberry_error_message(error));
  glueberry_error_free(error);
  return 1;
}

static int run_node(const glueberry_config_t *config) {
  glueberry_error_t *error = NULL;
  glueberry_node_t *node = NULL;
  if (glueberry_node_start(config, &node, &error) != GLUEBERRY_OK) {
    return fail("start", error);
  }
  int failed = 0;
  if (glueberry_node_shutdown(node, 45000, &error) != GLUEBERRY_OK) {
    failed = fail("shutdown", error);
  }
  glueberry_node_free(node);
  return failed;
}

int main(void) {
  if (strcmp(glueberry_version(), GLUEBERRY_VERSION) != 0 ||
      glueberry_abi_version() != GLUEBERRY_ABI_VERSION) {
    fprintf(stderr, "the header is of %s, the library of %s\n", GLUEBERRY_VERSION,
            glueberry_version());
    return 1;
  }
  glueberry_error_t *error = NULL;
  glueberry_identity_t *identity = NULL;
  if (glueberry_identity_generate(&identity, &error) != GLUEBERRY_OK) {
    return fail("identity", error);
  }
  glueberry_config_t *config = NULL;
  int failed = 0;
  if (glueberry_config_new(identity, &config, &error) != GLUEBERRY_OK) {
    failed = fail("config", error);
  } else {
    failed = run_node(config);
  }
  glueberry_config_free(config);
  glueberry_identity_free(identity);
  if (!failed) {
    printf("a node of glueberry %s came and went\n", glueberry_version());
  }
  return failed;
}
