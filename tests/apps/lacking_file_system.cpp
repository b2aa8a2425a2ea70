// Preloaded into a program: its files lie on a file system without what LACKS names (symlink, flock, fsync,
// exchange, rights, statx; deletion of folders, rmdir), and calls for that fail with the error number
// LACKS_ERRNO.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

bool lacks(const char* what) {
    const char* const list = std::getenv("LACKS");
    if (list == nullptr || std::strstr(list, what) == nullptr) return false;
    errno = std::atoi(std::getenv("LACKS_ERRNO"));
    return true;
}

template <class F>
F next(F, const char* name) {
    return reinterpret_cast<F>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int symlink(const char* target, const char* path) noexcept {
    return lacks("symlink") ? -1 : next(symlink, "symlink")(target, path);
}

int flock(int file, int operation) noexcept {
    return lacks("flock") ? -1 : next(flock, "flock")(file, operation);
}

int unlinkat(int folder, const char* path, int flags) noexcept {
    if (flags == AT_REMOVEDIR && lacks("rmdir")) return -1;
    return next(unlinkat, "unlinkat")(folder, path, flags);
}

int rmdir(const char* path) noexcept { return lacks("rmdir") ? -1 : next(rmdir, "rmdir")(path); }

int remove(const char* path) {
    struct stat status {};
    if (::lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && lacks("rmdir")) return -1;
    return next(remove, "remove")(path);
}

int fsync(int file) { return lacks("fsync") ? -1 : next(fsync, "fsync")(file); }

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
    if (flags != 0 && lacks("exchange")) return -1;
    return next(renameat2, "renameat2")(from_folder, from, to_folder, to, flags);
}

int chmod(const char* path, mode_t mode) noexcept {
    return lacks("rights") ? -1 : next(chmod, "chmod")(path, mode);
}

int chown(const char* path, uid_t owner, gid_t group) noexcept {
    return lacks("rights") ? -1 : next(chown, "chown")(path, owner, group);
}

int statx(int folder, const char* path, int flags, unsigned mask, struct statx* into) noexcept {
    return lacks("statx") ? -1 : next(statx, "statx")(folder, path, flags, mask, into);
}

}  // extern "C"
