// tar through libarchive.
#pragma once

#include <filesystem>
#include <string>

#include "tern/core/error.hpp"

namespace tern::apps {

/// The archive is at fault, not this machine.
class BadArchive : public Error {
  public:
    using Error::Error;
};

/// Takes CIFAR-10's six batches and its class names, which lie in cifar-10-batches-bin/, out of the .tar.gz
/// `file` and writes them into `folder`. Other files are skipped. Throws BadArchive that
/// names `archive`, the entry and the rule if it is damaged, if an entry of any name is a link or a device or
/// leads out of the archive, if one of the seven appears twice or is larger than the published ones.
void unpack_cifar10(const std::string& archive, const std::filesystem::path& file,
                    const std::filesystem::path& folder);

}  // namespace tern::apps
