// A client of client-go that speaks protobuf and nothing else: it creates an object of each kind in a file of JSON objects (one per
// line), reads it in protobuf and in JSON, lists and watches it, patches and deletes it, and prints a line for every kind, or what
// was wrong. Types, decoder and encoder are upstream's own; it works with any Kubernetes API server.
//
//	go run main.go KUBECONFIG OBJECTS
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	protobuf = "application/vnd.kubernetes.protobuf"
	json     = "application/json"
)

var patch = []byte(`{"metadata":{"annotations":{"example.com/patched":"true"}}}`)

// kind is where the objects of one kind are, by two clients.
type kind struct {
	mapping        *meta.RESTMapping
	protobuf, json rest.Interface
}

func clientFor(config *rest.Config, gv schema.GroupVersion, mediaType string) (rest.Interface, error) {
	own := rest.CopyConfig(config)
	own.GroupVersion = &gv
	own.APIPath = "/apis"
	if gv.Group == "" {
		own.APIPath = "/api"
	}
	own.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	own.ContentType, own.AcceptContentTypes = mediaType, mediaType
	own.QPS = -1
	return rest.RESTClientFor(own)
}

// checked is one object on its way through everything a client does with it.
type checked struct {
	kind
	object    runtime.Object
	name      string
	namespace string
}

func (c checked) at(request *rest.Request) *rest.Request {
	return c.in(request).Name(c.name)
}

func (c checked) in(request *rest.Request) *rest.Request {
	return request.NamespaceIfScoped(c.namespace, c.mapping.Scope.Name() == meta.RESTScopeNameNamespace).Resource(c.mapping.Resource.Resource)
}

// run creates, reads, watches, patches and lists.
func (c checked) run(ctx context.Context) error {
	created, err := c.in(c.protobuf.Post()).Body(c.object).Do(ctx).Get()
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := c.sameInBothForms(ctx, created); err != nil {
		return err
	}
	if err := c.at(c.protobuf.Patch(types.MergePatchType)).Body(patch).Do(ctx).Error(); err != nil {
		return fmt.Errorf("patch: %w", err)
	}
	if err := c.watched(ctx, revision(created)); err != nil {
		return err
	}
	return c.listed(ctx)
}

// sameInBothForms compares what protobuf and JSON say of the object, and both with what create answered.
func (c checked) sameInBothForms(ctx context.Context, created runtime.Object) error {
	inProtobuf, inJSON, err := c.read(ctx)
	if err != nil {
		return err
	}
	if !apiequality.Semantic.DeepEqual(inProtobuf, inJSON) {
		return fmt.Errorf("protobuf and JSON differ:\n%#v\n%#v", inProtobuf, inJSON)
	}
	if apiequality.Semantic.DeepEqual(inProtobuf, created) {
		return nil
	}
	stored, err := untouched(inProtobuf)
	if err != nil {
		return err
	}
	answered, err := untouched(created)
	if err != nil {
		return err
	}
	if revision(inProtobuf) == revision(created) || !apiequality.Semantic.DeepEqual(stored, answered) {
		return fmt.Errorf("create answered something else:\n%#v\n%#v", created, inProtobuf)
	}
	return nil
}

// read gives the object in both forms, of one revision: a control loop may write its status at any time.
func (c checked) read(ctx context.Context) (inProtobuf, inJSON runtime.Object, err error) {
	for range 10 {
		if inProtobuf, err = c.at(c.protobuf.Get()).Do(ctx).Get(); err != nil {
			return nil, nil, fmt.Errorf("get: %w", err)
		}
		if inJSON, err = c.at(c.json.Get()).Do(ctx).Get(); err != nil {
			return nil, nil, fmt.Errorf("get as JSON: %w", err)
		}
		if revision(inProtobuf) == revision(inJSON) {
			break
		}
	}
	return inProtobuf, inJSON, nil
}

func revision(object runtime.Object) string {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return ""
	}
	return accessor.GetResourceVersion()
}

// untouched is the object without what a write of its status changes.
func untouched(object runtime.Object) (map[string]any, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return nil, err
	}
	delete(fields, "status")
	if metadata, ok := fields["metadata"].(map[string]any); ok {
		delete(metadata, "resourceVersion")
		delete(metadata, "managedFields")
	}
	return fields, nil
}

// watched sees the patch in a watch that starts before it.
func (c checked) watched(ctx context.Context, since string) error {
	options := metav1.ListOptions{Watch: true, ResourceVersion: since, FieldSelector: "metadata.name=" + c.name}
	events, err := c.in(c.protobuf.Get()).VersionedParams(&options, scheme.ParameterCodec).Watch(ctx)
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	defer events.Stop()
	for event := range events.ResultChan() {
		accessor, err := meta.Accessor(event.Object)
		if err != nil {
			return fmt.Errorf("watch: %v", apierrors.FromObject(event.Object))
		}
		if event.Type == watch.Modified && accessor.GetAnnotations()["example.com/patched"] == "true" {
			return nil
		}
	}
	return errors.New("the watch ended without the patch")
}

func (c checked) listed(ctx context.Context) error {
	list, err := c.in(c.protobuf.Get()).Do(ctx).Get()
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	found := false
	err = meta.EachListItem(list, func(item runtime.Object) error {
		accessor, err := meta.Accessor(item)
		found = found || err == nil && accessor.GetName() == c.name
		return err
	})
	if err == nil && !found {
		err = errors.New("it is not in the list")
	}
	return err
}

// remove deletes the object; what finalizers hold back counts as deleted. Answers are the object or a Status, in protobuf. Endpoints
// went with their Service.
func (c checked) remove(ctx context.Context) error {
	background := metav1.DeletePropagationBackground
	options := &metav1.DeleteOptions{PropagationPolicy: &background}
	err := c.at(c.protobuf.Delete()).Body(options).Do(ctx).Error()
	if err != nil && !(apierrors.IsNotFound(err) && c.mapping.Resource.Resource == "endpoints") {
		return fmt.Errorf("delete: %w", err)
	}
	err = c.at(c.protobuf.Delete()).Body(options).Do(ctx).Error()
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("delete again: %w", err)
	}
	return nil
}

// readObjects decodes the file's lines into upstream's Go types.
func readObjects(path string) ([]runtime.Object, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var objects []runtime.Object
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode(lines.Bytes(), nil, nil)
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
	return objects, lines.Err()
}

func prepare(config *rest.Config, mapper meta.RESTMapper, object runtime.Object) (checked, error) {
	gvk := object.GetObjectKind().GroupVersionKind()
	mapping, err := mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return checked{}, err
	}
	accessor, err := meta.Accessor(object)
	if err != nil {
		return checked{}, err
	}
	result := checked{kind: kind{mapping: mapping}, object: object, name: accessor.GetName(), namespace: accessor.GetNamespace()}
	if result.protobuf, err = clientFor(config, gvk.GroupVersion(), protobuf); err != nil {
		return checked{}, err
	}
	result.json, err = clientFor(config, gvk.GroupVersion(), json)
	return result, err
}

func run(ctx context.Context, kubeconfig, path string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.WarningHandler = rest.NoWarnings{}
	objects, err := readObjects(path)
	if err != nil {
		return err
	}
	groups, err := restmapper.GetAPIGroupResources(discovery.NewDiscoveryClientForConfigOrDie(config))
	if err != nil {
		return err
	}
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	var all []checked
	for _, object := range objects {
		gvk := object.GetObjectKind().GroupVersionKind()
		c, err := prepare(config, mapper, object)
		if err == nil {
			err = c.run(ctx)
		}
		if err != nil {
			return fmt.Errorf("%v %s: %w", gvk, c.name, err)
		}
		all = append(all, c)
	}
	for i := len(all) - 1; i >= 0; i-- {
		gvk := all[i].mapping.GroupVersionKind
		if err := all[i].remove(ctx); err != nil {
			return fmt.Errorf("%v %s: %w", gvk, all[i].name, err)
		}
		fmt.Printf("%s/%s\n", gvk.GroupVersion(), gvk.Kind)
	}
	return nil
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := run(ctx, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
