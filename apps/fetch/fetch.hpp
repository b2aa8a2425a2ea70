// CIFAR-10 from a server into a folder.
#pragma once

#include <filesystem>

#include "tern/apps/fetch/archive.hpp"

namespace tern::apps {

/// Downloads the archive into `folder`, checks its size and MD5, unpacks it aside, checks the set and renames
/// it to `folder`/cifar-10-batches-bin, whatever is there. A download that ends too early is kept
/// in `folder` and used the next time. Throws Error: one line, and no set that is not whole is left.
/// `patience`: seconds without a byte until it gives up.
void fetch_cifar10(const Archive& archive, const std::filesystem::path& folder, long patience);

}  // namespace tern::apps
