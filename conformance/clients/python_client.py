"""Drives a server with the official Python client: list, create, watch, patch, delete. Prints one line per step that held."""
import sys

from kubernetes import client, config, watch

config.load_kube_config(sys.argv[1])
core = client.CoreV1Api()
apps = client.AppsV1Api()

version = client.VersionApi().get_code()
assert (version.major, version.minor) == ("1", "36"), version
print("version")

names = {namespace.metadata.name for namespace in core.list_namespace().items}
assert {"default", "kube-system", "kube-public", "kube-node-lease"} <= names, names
print("list")

start = core.list_namespaced_config_map("default").metadata.resource_version
made = core.create_namespaced_config_map(
    "default", client.V1ConfigMap(metadata=client.V1ObjectMeta(name="python"), data={"a": "1"})
)
assert made.metadata.uid and made.data == {"a": "1"}, made
print("create")

patched = core.patch_namespaced_config_map("python", "default", {"data": {"b": "2"}})
assert patched.data == {"a": "1", "b": "2"}, patched
print("patch")

deployment = apps.create_namespaced_deployment(
    "default",
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "python"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "python"}},
            "template": {
                "metadata": {"labels": {"app": "python"}},
                "spec": {"containers": [{"name": "main", "image": "nginx"}]},
            },
        },
    },
)
assert deployment.spec.strategy.type == "RollingUpdate", deployment
assert apps.read_namespaced_deployment_scale("python", "default").spec.replicas == 2
print("deployment")

core.delete_namespaced_config_map("python", "default")
seen = []
watcher = watch.Watch()
for event in watcher.stream(core.list_namespaced_config_map, "default", resource_version=start, timeout_seconds=30):
    if event["object"].metadata.name == "python":
        seen.append(event["type"])
    if event["type"] == "DELETED":
        watcher.stop()
assert seen == ["ADDED", "MODIFIED", "DELETED"], seen
print("watch")

try:
    core.read_namespaced_config_map("python", "default")
except client.exceptions.ApiException as error:
    assert error.status == 404 and error.reason == "Not Found", error
    print("not found")
