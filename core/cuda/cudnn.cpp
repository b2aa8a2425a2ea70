#include "tern/core/cuda/cudnn.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/cuda/library_folders.hpp"
#include "tern/core/error.hpp"
#include "tern/core/library.hpp"
#include "tern/core/opened_once.hpp"

namespace tern::cuda {
namespace {

std::string text_of_version(std::size_t version) {
    return to_text(version / 10000, '.', version / 100 % 100, '.', version % 100);
}

Cudnn open_cudnn() {
    const std::string with_version = to_text("libcudnn.so.", CUDNN_MAJOR);
    const Library library("cudnn", library_folders(), {with_version, "libcudnn.so"});
    Cudnn table{};
    table.path = library.path();
#define TERN_CUDNN_LOAD(function) library.load(table.function, #function);
    TERN_CUDNN_FUNCTIONS(TERN_CUDNN_LOAD)
#undef TERN_CUDNN_LOAD
    const std::size_t version = table.cudnnGetVersion();
    // Version 8 counts in thousands: 8907.
    TERN_CHECK(version / 10000 == CUDNN_MAJOR, "cudnn", table.path, " is version ", version,
               ", tern was built for ", CUDNN_MAJOR, ".x");
    return table;
}

const OpenedOnce<Cudnn>& opened() {
    static const OpenedOnce<Cudnn> once(open_cudnn);
    return once;
}

class Handle {
  public:
    Handle() { TERN_CUDNN_CHECK(cudnn().cudnnCreate(&handle_)); }
    ~Handle() { cudnn().cudnnDestroy(handle_); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    cudnnHandle_t get() const { return handle_; }

  private:
    cudnnHandle_t handle_ = nullptr;
};

}  // namespace

const Cudnn& cudnn() { return opened().table(); }
bool cudnn_available(std::string* why_not) { return opened().available(why_not); }

std::string cudnn_version() { return text_of_version(cudnn().cudnnGetVersion()) + " (" + cudnn().path + ")"; }

cudnnHandle_t cudnn_handle(const Stream& stream) {
    // A handle belongs to the device that was current when it was made, and its calls want the same one.
    use_device(stream.device.index);
    static thread_local std::map<int, Handle> handles;
    const cudnnHandle_t handle = handles[stream.device.index].get();
    TERN_CUDNN_CHECK(cudnn().cudnnSetStream(handle, static_cast<cudaStream_t>(stream.native)));
    return handle;
}

void fail_cudnn_call(cudnnStatus_t status, std::string_view call, const char* file, int line) {
    std::array<char, 512> detail{};
    cudnn().cudnnGetLastErrorString(detail.data(), detail.size());
    std::replace(detail.begin(), detail.end(), '\n', ' ');  // an error is one line
    const std::string_view path = file;
    fail("cudnn", call, " failed: ", cudnn().cudnnGetErrorString(status), ": ", detail.data(), " (",
         path.substr(path.rfind('/') + 1), ':', line, ", cuDNN ", cudnn_version(), ')');
}

}  // namespace tern::cuda
