/**
 * A long, lossy or thin line between network namespaces, in user space (for kernels without netem).
 *
 *     line <round trip ms> <loss 0-1> <queue bytes> {<namespace> <IPv4 address> <up Mbit/s> <down Mbit/s>}...
 *
 * Makes a TUN device `line0` in each namespace and carries IPv4 packets between them. What an end sends goes through the queue
 * of its uplink (loss, rate, half the round trip), then through that of the other's downlink (rate). A queue drops what
 * does not fit (drop tail). A rate of 0 is no limit. Prints "up" and runs until its standard input ends.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr size_t kPacketMax = 1600;
/** Packets read from one end before the others get their turn. */
constexpr int kBurst = 64;
constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kIdle = kSecond / 20;

/** Nanoseconds of a monotonic clock. */
int64_t now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * kSecond + t.tv_nsec;
}

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

struct Packet {
  /** When it has arrived. */
  int64_t due;
  size_t length;
  std::unique_ptr<unsigned char[]> bytes;
};

/** One direction of an end's access: a queue before a wire of some rate, length and loss. */
class Wire {
 public:
  Wire(double mbits, int64_t delay, int64_t queueBytes, double loss)
      : mbits_(mbits), delay_(delay), queue_(queueBytes), loss_(loss) {}
  Wire(const Wire&) = delete;
  Wire(Wire&&) = default;

  /** A packet that comes to the queue at `at`. */
  void put(Packet packet, int64_t at, std::mt19937& random) {
    if (loss_ > 0 && std::uniform_real_distribution<>()(random) < loss_) return;
    freeAt_ = std::max(freeAt_, at);
    if (mbits_ > 0) {
      const double waiting = double(freeAt_ - at) * mbits_ / 8'000;
      if (waiting + double(packet.length) > double(queue_)) return;
      freeAt_ += int64_t(double(packet.length) * 8'000 / mbits_);
    }
    packet.due = freeAt_ + delay_;
    packets_.push_back(std::move(packet));
  }

  bool hasDue(int64_t at) const { return !packets_.empty() && packets_.front().due <= at; }
  int64_t nextDue() const { return packets_.empty() ? INT64_MAX : packets_.front().due; }

  Packet take() {
    Packet packet = std::move(packets_.front());
    packets_.pop_front();
    return packet;
  }

 private:
  double mbits_;
  int64_t delay_;
  int64_t queue_;
  double loss_;
  /** When the last packet has left the queue. */
  int64_t freeAt_ = 0;
  std::deque<Packet> packets_;
};

struct End {
  int tun;
  in_addr_t address;
  Wire up;
  Wire down;
};

/** A TUN device made in a namespace: it stays there. */
int openTun(const std::string& name) {
  const int home = open("/proc/self/ns/net", O_RDONLY);
  const int away = open(("/run/netns/" + name).c_str(), O_RDONLY);
  if (home < 0 || away < 0 || setns(away, CLONE_NEWNET) != 0) fail(name);
  const int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strncpy(request.ifr_name, "line0", IFNAMSIZ - 1);
  if (tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0) fail("/dev/net/tun");
  if (setns(home, CLONE_NEWNET) != 0) fail("namespace");
  close(home);
  close(away);
  return tun;
}

class Line {
 public:
  explicit Line(std::vector<End> ends) : ends_(std::move(ends)) {}

  void run() {
    std::vector<pollfd> watched;
    for (const End& end : ends_) watched.push_back({end.tun, POLLIN, 0});
    watched.push_back({STDIN_FILENO, POLLIN, 0});
    for (;;) {
      const int64_t wait = std::max<int64_t>(0, std::min(carry() - now(), kIdle));
      const timespec timeout{wait / kSecond, wait % kSecond};
      if (ppoll(watched.data(), watched.size(), &timeout, nullptr) < 0 && errno != EINTR) fail("ppoll");
      if (watched.back().revents != 0) return;
      for (size_t i = 0; i < ends_.size(); i++) {
        if (watched[i].revents & POLLIN) take(ends_[i]);
      }
    }
  }

 private:
  /** Hand on what has arrived; returns when the next packet does. */
  int64_t carry() {
    const int64_t at = now();
    int64_t next = INT64_MAX;
    for (End& end : ends_) {
      while (end.up.hasDue(at)) {
        Packet packet = end.up.take();
        // Counted from its due time: a busy machine makes packets late, not the line slower.
        const int64_t due = packet.due;
        if (End* to = destination(packet)) to->down.put(std::move(packet), due, random_);
      }
      next = std::min(next, end.up.nextDue());
    }
    for (End& end : ends_) {
      while (end.down.hasDue(at)) {
        const Packet packet = end.down.take();
        // A full receive queue of the kernel is one more loss.
        if (write(end.tun, packet.bytes.get(), packet.length) < 0) continue;
      }
      next = std::min(next, end.down.nextDue());
    }
    return next;
  }

  void take(End& end) {
    for (int i = 0; i < kBurst; i++) {
      const ssize_t length = read(end.tun, buffer_, sizeof buffer_);
      if (length <= 0) return;
      Packet packet{0, size_t(length), std::make_unique<unsigned char[]>(size_t(length))};
      std::memcpy(packet.bytes.get(), buffer_, size_t(length));
      end.up.put(std::move(packet), now(), random_);
    }
  }

  End* destination(const Packet& packet) {
    if (packet.length < 20 || packet.bytes[0] >> 4 != 4) return nullptr;
    in_addr_t to;
    std::memcpy(&to, packet.bytes.get() + 16, sizeof to);
    const auto found =
        std::find_if(ends_.begin(), ends_.end(), [to](const End& end) { return end.address == to; });
    return found == ends_.end() ? nullptr : &*found;
  }

  std::vector<End> ends_;
  /** The same losses every time. */
  std::mt19937 random_{7};
  unsigned char buffer_[kPacketMax];
};

}  // namespace

int main(int count, char** args) {
  if (count < 4 + 2 * 4 || (count - 4) % 4 != 0) {
    std::fprintf(stderr, "usage: line <round trip ms> <loss> <queue bytes> {<namespace> <address> <up> <down>}...\n");
    return 2;
  }
  // Other programs of a busy machine come after it, and waits end when they should.
  setpriority(PRIO_PROCESS, 0, -15);
  prctl(PR_SET_TIMERSLACK, 1'000UL);
  const auto delay = int64_t(std::atof(args[1]) * 1e6 / 2);
  const double loss = std::atof(args[2]);
  const auto queue = int64_t(std::atof(args[3]));
  std::vector<End> ends;
  for (int i = 4; i < count; i += 4) {
    ends.push_back({openTun(args[i]), inet_addr(args[i + 1]), Wire(std::atof(args[i + 2]), delay, queue, loss),
                    Wire(std::atof(args[i + 3]), 0, queue, 0)});
  }
  std::printf("up\n");
  std::fflush(stdout);
  Line(std::move(ends)).run();
}
