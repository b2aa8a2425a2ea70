// What is fetched.
#pragma once

#include <cstdint>
#include <string>

namespace tern::apps {

/// An archive on a server, and what it must be once it is here.
struct Archive {
    std::string url;
    std::int64_t bytes;
    std::string md5;  // 32 lower-case digits
};

/// CIFAR-10's binary version, with the size and the MD5 published on its page.
inline const Archive& published_archive() {
    static const Archive archive{"https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", 170'052'171,
                                 "c32a1d4ab5d03f1284b67883e8d87530"};
    return archive;
}

/// The folder in the archive, which is also its name in the cache.
inline constexpr const char* kSetFolder = "cifar-10-batches-bin";

}  // namespace tern::apps
