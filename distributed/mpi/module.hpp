// What a module, libtern_mpi_openmpi.so or libtern_mpi_mpich.so, gives tern: one MPI behind C functions and types
// that do not depend on it, so that one build of tern takes either.
#pragma once

#include <cstdint>

extern "C" {

/// Changes whenever TernMpi does.
enum { kTernMpiVersion = 1 };

/// A nonblocking operation of MPI; tells nothing outside the module.
struct TernMpiRequest {
    unsigned char handle[8];
};

/// Functions return 0 or an error code of MPI. All but version() are called by one thread. Data travels in one
/// communicator, messages in another.
struct TernMpi {
    int interface_version;  // kTernMpiVersion
    /// "Open MPI v4.1.4"; may be called without open().
    void (*version)(char* text, int size);
    /// Joins the job, for calls of this thread.
    int (*open)(int* rank, int* size);
    /// `bytes`, below 2^31, of each slice; slices start `stride` bytes apart.
    int (*all_to_all)(const void* sent, void* received, std::int64_t bytes, std::int64_t stride,
                      TernMpiRequest* request);
    /// `sent` may be this rank's place in `gathered`.
    int (*all_gather)(const void* sent, void* gathered, std::int64_t bytes, std::int64_t stride,
                      TernMpiRequest* request);
    int (*broadcast)(void* data, int bytes, int root, TernMpiRequest* request);
    int (*barrier)(TernMpiRequest* request);
    int (*send)(const void* message, int bytes, int to, TernMpiRequest* request);
    /// From any rank.
    int (*receive)(void* message, int bytes, TernMpiRequest* request);
    int (*test)(TernMpiRequest* request, int* done);
    /// Of a receive that nobody will send for.
    int (*cancel)(TernMpiRequest* request);
    void (*error_text)(int code, char* text, int size);
    /// Ends all processes of the job with status 1; may return before this one has ended.
    void (*abort)();
    /// Leaves the job, as all ranks do; may block until they do.
    int (*close)();
};

/// The one function of a module.
const TernMpi* tern_mpi();
}
