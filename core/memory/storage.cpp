#include "tern/core/memory/storage.hpp"

#include "tern/core/memory/memory.hpp"
#include "tern/core/memory/step_arena.hpp"

namespace tern {

std::shared_ptr<Storage> Storage::adopt(void* data, std::size_t bytes, Device device, Deleter deleter) {
    return std::shared_ptr<Storage>(new Storage(data, bytes, device, std::move(deleter)));
}

std::shared_ptr<Storage> Storage::allocate(std::size_t bytes, Device device) {
    if (StepArena* arena = StepArena::active(device)) return arena->allocate(bytes);
    const Stream stream = current_stream(device);
    void* data = allocate_bytes(bytes, stream);
    return adopt(data, bytes, device, [bytes, stream](void* block) { free_bytes(block, bytes, stream); });
}

Storage::~Storage() {
    if (deleter_) deleter_(data_);
}

}  // namespace tern
