# Sourced: uses the container engine that runs here, or starts one on a containerd of its own and ends both when the script exits.
if ! docker info >/dev/null 2>&1; then
  engine=$(mktemp -d)
  cat >"$engine/containerd.toml" <<C
version = 2
root = "$engine/containerd"
state = "$engine/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$engine/containerd.sock"
C
  containerd --config "$engine/containerd.toml" >"$engine/containerd.log" 2>&1 &
  containerd_pid=$!
  for ((i = 0; i < 100; i++)); do [ -S "$engine/containerd.sock" ] && break || sleep 0.1; done
  dockerd --containerd "$engine/containerd.sock" --data-root "$engine/data" --exec-root "$engine/exec" \
    --pidfile "$engine/docker.pid" --host "unix://$engine/docker.sock" >"$engine/dockerd.log" 2>&1 &
  dockerd_pid=$!
  export DOCKER_HOST=unix://$engine/docker.sock
  stop_engine() {
    kill "$dockerd_pid" 2>/dev/null && wait "$dockerd_pid" 2>/dev/null
    kill "$containerd_pid" 2>/dev/null && wait "$containerd_pid" 2>/dev/null
    rm -rf "$engine" 2>/dev/null || true
  }
  trap stop_engine EXIT
  for ((i = 0; i < 300; i++)); do docker info >/dev/null 2>&1 && break || sleep 0.2; done
fi
docker version --format 'Docker {{.Server.Version}}' || { tail -20 "$engine"/*.log; exit 1; }
