// Compiled once against each MPI that there is. MPI-3 calls only.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include "tern/distributed/mpi/module.hpp"

#include <algorithm>
#include <cstring>

#include <mpi.h>

namespace tern::mpi {
namespace {

MPI_Comm data_ranks = MPI_COMM_NULL, message_ranks = MPI_COMM_NULL;

static_assert(sizeof(MPI_Request) <= sizeof(TernMpiRequest::handle));

MPI_Request unpack(const TernMpiRequest* request) {
    MPI_Request own;
    std::memcpy(&own, request->handle, sizeof own);
    return own;
}

int pack(int code, MPI_Request own, TernMpiRequest* request) {
    std::memcpy(request->handle, &own, sizeof own);
    return code;
}

// `bytes` of every `stride`: one element of a type that is as long as the stride, or plain bytes where all are meant.
class Piece {
  public:
    Piece(std::int64_t bytes, std::int64_t stride) : count_(static_cast<int>(bytes)) {
        if (bytes == stride) return;
        MPI_Datatype piece = MPI_DATATYPE_NULL;
        code_ = MPI_Type_contiguous(count_, MPI_BYTE, &piece);
        if (code_ != MPI_SUCCESS) return;
        code_ = MPI_Type_create_resized(piece, 0, static_cast<MPI_Aint>(stride), &type_);
        MPI_Type_free(&piece);
        if (code_ == MPI_SUCCESS) code_ = MPI_Type_commit(&type_);
        count_ = 1;
    }
    ~Piece() {
        if (type_ != MPI_BYTE && type_ != MPI_DATATYPE_NULL)
            MPI_Type_free(&type_);  // operations under way keep it
    }
    Piece(const Piece&) = delete;
    Piece& operator=(const Piece&) = delete;

    int code() const { return code_; }
    int count() const { return count_; }
    MPI_Datatype type() const { return type_; }

  private:
    int code_ = MPI_SUCCESS, count_;
    MPI_Datatype type_ = MPI_BYTE;
};

// call(own request) starts an operation of `bytes`.
template <class Call>
int start(TernMpiRequest* request, const Call& call) {
    MPI_Request own = MPI_REQUEST_NULL;
    const int code = call(&own);
    return pack(code, own, request);
}

void version(char* text, int size) {
    char all[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    MPI_Get_library_version(all, &length);
#ifdef MPICH_VERSION
    const char* const name = "MPICH ";  // "MPICH Version:\t4.0.2\nMPICH Release date: ..."
    const char* begin = all + std::strcspn(all, "0123456789");
#else
    const char* const name = "";  // "Open MPI v4.1.4, package: Debian Open MPI, ..."
    const char* begin = all;
#endif
    const std::size_t name_length = std::strlen(name), end = std::strcspn(begin, ",\n");
    const std::size_t room = size - 1 - name_length;
    std::memcpy(text, name, name_length);
    std::memcpy(text + name_length, begin, std::min(end, room));
    text[name_length + std::min(end, room)] = 0;
}

int open(int* rank, int* size) {
    int given = 0;
    int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given);
    if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    for (MPI_Comm* ranks : {&data_ranks, &message_ranks}) {  // which return errors as their parent does
        if (code == MPI_SUCCESS) code = MPI_Comm_dup(MPI_COMM_WORLD, ranks);
    }
    if (code == MPI_SUCCESS) code = MPI_Comm_rank(data_ranks, rank);
    if (code == MPI_SUCCESS) code = MPI_Comm_size(data_ranks, size);
    return code;
}

int all_to_all(const void* sent, void* received, std::int64_t bytes, std::int64_t stride,
               TernMpiRequest* request) {
    const Piece piece(bytes, stride);
    if (piece.code() != MPI_SUCCESS) return piece.code();
    return start(request, [&](MPI_Request* own) {
        return MPI_Ialltoall(sent, piece.count(), piece.type(), received, piece.count(), piece.type(),
                             data_ranks, own);
    });
}

int all_gather(const void* sent, void* gathered, std::int64_t bytes, std::int64_t stride,
               TernMpiRequest* request) {
    const Piece piece(bytes, stride);
    if (piece.code() != MPI_SUCCESS) return piece.code();
    int rank = 0;
    MPI_Comm_rank(data_ranks, &rank);
    const bool in_place = sent == static_cast<const char*>(gathered) + rank * stride;
    return start(request, [&](MPI_Request* own) {
        return MPI_Iallgather(in_place ? MPI_IN_PLACE : sent, piece.count(), piece.type(), gathered,
                              piece.count(), piece.type(), data_ranks, own);
    });
}

int broadcast(void* data, int bytes, int root, TernMpiRequest* request) {
    return start(request,
                 [&](MPI_Request* own) { return MPI_Ibcast(data, bytes, MPI_BYTE, root, data_ranks, own); });
}

int barrier(TernMpiRequest* request) {
    return start(request, [](MPI_Request* own) { return MPI_Ibarrier(data_ranks, own); });
}

int send(const void* message, int bytes, int to, TernMpiRequest* request) {
    return start(request, [&](MPI_Request* own) {
        return MPI_Isend(message, bytes, MPI_BYTE, to, 0, message_ranks, own);
    });
}

int receive(void* message, int bytes, TernMpiRequest* request) {
    return start(request, [&](MPI_Request* own) {
        return MPI_Irecv(message, bytes, MPI_BYTE, MPI_ANY_SOURCE, 0, message_ranks, own);
    });
}

int test(TernMpiRequest* request, int* done) {
    MPI_Request own = unpack(request);
    const int code = MPI_Test(&own, done, MPI_STATUS_IGNORE);
    return pack(code, own, request);
}

int cancel(TernMpiRequest* request) {
    MPI_Request own = unpack(request);
    int code = MPI_Cancel(&own);
    if (code == MPI_SUCCESS)
        code = MPI_Wait(&own, MPI_STATUS_IGNORE);  // local: the receive is cancelled or done
    return pack(code, own, request);
}

// One line of what may be several.
void error_text(int code, char* text, int size) {
    char all[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, all, &length);
    std::replace(all, all + length, '\n', ' ');
    const int kept = std::min(length, size - 1);
    std::memcpy(text, all, static_cast<std::size_t>(kept));
    text[kept] = 0;
}

void abort() { MPI_Abort(MPI_COMM_WORLD, 1); }

int close() { return MPI_Finalize(); }

constexpr TernMpi kTable{kTernMpiVersion, version, open,   all_to_all, all_gather, broadcast, barrier, send,
                         receive,         test,    cancel, error_text, abort,      close};

}  // namespace
}  // namespace tern::mpi

extern "C" const TernMpi* tern_mpi() { return &tern::mpi::kTable; }
