#include "tern/core/files/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include "tern/core/files/file.hpp"
#include "tern/core/files/file_descriptor.hpp"

namespace tern {

std::shared_ptr<Storage> map_file(const std::filesystem::path& path) {
    size_of_file(path);  // says what is there instead of a file
    const FileDescriptor file(path, O_RDONLY, "cannot be opened");
    const auto bytes = static_cast<std::size_t>(file.size());
    if (bytes == 0) return Storage::allocate(0, Device::cpu());  // nothing cannot be mapped
    return Storage::adopt(file.map(bytes), bytes, Device::cpu(),
                          [bytes](void* data) { ::munmap(data, bytes); });
}

}  // namespace tern
