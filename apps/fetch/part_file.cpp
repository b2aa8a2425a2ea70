#include "tern/apps/fetch/part_file.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <openssl/evp.h>

#include "tern/apps/console.hpp"
#include "tern/core/error.hpp"

namespace tern::apps {

PartFile::PartFile(const std::filesystem::path& path)
    : file_(path, O_WRONLY | O_CREAT | O_APPEND, "cannot be opened") {
    const Lock lock = file_.try_lock();
    if (lock == Lock::none_here)
        warn(to_text('[', path.string(), "] the file system has no locks: run no second tern data fetch"));
    TERN_CHECK(lock != Lock::of_another, path.string(), "is in use: another tern data fetch is writing it");
    size_ = file_.size();
}

PartFile::~PartFile() {
    std::error_code ignored;
    if (size_ == 0) std::filesystem::remove(path(), ignored);
}

void PartFile::append(std::span<const std::byte> bytes) {
    try {
        file_.write_all(bytes);
        size_ += std::ssize(bytes);
    } catch (const Error&) {
        size_ = file_.size();  // what a full disk still took
        throw;
    }
}

void PartFile::clear() {
    file_.resize(0);
    size_ = 0;
}

std::string PartFile::md5() const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    TERN_CHECK(context && EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) == 1, path().string(),
               "its MD5 cannot be computed: OpenSSL has none here");
    const FileDescriptor file(path(), O_RDONLY, "cannot be opened");
    std::vector<std::byte> piece(1 << 20);
    for (std::int64_t left = size_; left > 0; left -= std::ssize(piece)) {
        piece.resize(static_cast<std::size_t>(std::min(left, std::ssize(piece))));
        file.read_exactly(piece);
        EVP_DigestUpdate(context.get(), piece.data(), piece.size());
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    EVP_DigestFinal_ex(context.get(), digest.data(), &length);
    std::string text;
    for (unsigned int i = 0; i < length; ++i) text += formatted("%02x", digest[i]);
    return text;
}

}  // namespace tern::apps
