#include "tern/core/cuda/cublaslt.hpp"

#include <map>

#include "tern/core/cuda/device_runtime.hpp"
#include "tern/core/cuda/library_folders.hpp"
#include "tern/core/error.hpp"
#include "tern/core/library.hpp"
#include "tern/core/opened_once.hpp"

namespace tern::cuda {
namespace {

// cublasLtGetVersion() counts so: 130100 is 13.1.0.
constexpr std::size_t kMajor = 10000, kMinor = 100;

CublasLt open_cublaslt() {
    const std::string with_version = to_text("libcublasLt.so.", CUBLAS_VER_MAJOR);
    const Library library("cublaslt", library_folders(), {with_version, "libcublasLt.so"});
    CublasLt table{};
    table.path = library.path();
#define TERN_CUBLASLT_LOAD(function) library.load(table.function, #function);
    TERN_CUBLASLT_FUNCTIONS(TERN_CUBLASLT_LOAD)
#undef TERN_CUBLASLT_LOAD
    const std::size_t version = table.cublasLtGetVersion();
    TERN_CHECK(version / kMajor == CUBLAS_VER_MAJOR, "cublaslt", table.path, " is version ", version,
               ", tern was built for ", CUBLAS_VER_MAJOR, ".x");
    return table;
}

const OpenedOnce<CublasLt>& opened() {
    static const OpenedOnce<CublasLt> once(open_cublaslt);
    return once;
}

class Handle {
  public:
    Handle() { TERN_CUBLASLT_CHECK(cublaslt().cublasLtCreate(&handle_)); }
    ~Handle() { cublaslt().cublasLtDestroy(handle_); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    cublasLtHandle_t get() const { return handle_; }

  private:
    cublasLtHandle_t handle_ = nullptr;
};

}  // namespace

const CublasLt& cublaslt() { return opened().table(); }
bool cublaslt_available(std::string* why_not) { return opened().available(why_not); }

std::string cublaslt_version() {
    const std::size_t version = cublaslt().cublasLtGetVersion();
    return to_text(version / kMajor, '.', version % kMajor / kMinor, '.', version % kMinor, " (",
                   cublaslt().path, ')');
}

cublasLtHandle_t cublaslt_handle(Device device) {
    use_device(device.index);
    static thread_local std::map<int, Handle> handles;
    return handles[device.index].get();
}

void fail_cublaslt_call(cublasStatus_t status, std::string_view call, const char* file, int line) {
    const std::string_view path = file;
    fail("cublaslt", call, " failed: ", cublaslt().cublasLtGetStatusString(status), " (",
         path.substr(path.rfind('/') + 1), ':', line, ", cuBLASLt ", cublaslt_version(), ')');
}

}  // namespace tern::cuda
