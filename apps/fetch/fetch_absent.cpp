#include "tern/apps/fetch/fetch.hpp"

#include "tern/core/error.hpp"

namespace tern::apps {

void fetch_cifar10(const Archive&, const std::filesystem::path&, long) {
    fail("tern data fetch", "this build cannot: it was configured with -DTERN_FETCH=OFF");
}

}  // namespace tern::apps
