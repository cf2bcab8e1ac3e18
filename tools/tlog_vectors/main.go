// Makes tests/vectors/published/tlog.json: trees, proofs and notes by implementations
// that are not ours (golang.org/x/mod/sumdb, github.com/transparency-dev/formats), and
// checks notes made by Corvus.
//
//	go run . > ../../tests/vectors/published/tlog.json
//	go run . check FILE   (a checkpoint, under it: the log's key, a witness's key)
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	flog "github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type hashes []tlog.Hash

func (h hashes) ReadHashes(at []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(at))
	for i, index := range at {
		found[i] = h[index]
	}
	return found, nil
}

type inclusion struct {
	Index, Size int64
	Path        []string
}

type consistency struct {
	Old, Size int64
	Path      []string
}

type vectors struct {
	Source       string
	Leaf         string
	Roots        map[int64]string
	Inclusions   []inclusion
	Consistency  []consistency
	Note         string
	NoteKey      string
	Cosigned     string
	CosignerKey  string
	CosignedTime uint64
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func texts(path []tlog.Hash) []string {
	found := []string{}
	for _, hash := range path {
		found = append(found, base64.StdEncoding.EncodeToString(hash[:]))
	}
	return found
}

func check(file string) {
	parts := strings.Split(string(must(os.ReadFile(file))), "\n\n\n")
	keys := strings.Fields(parts[1])
	verifier := must(note.NewVerifier(keys[0]))
	witness := must(fnote.NewVerifierForCosignatureV1(keys[1]))
	point, _, opened, err := flog.ParseCheckpoint(
		[]byte(parts[0]+"\n"), verifier.Name(), verifier, witness)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s size %d, %d verified, %d unknown signatures, time %d\n", point.Origin,
		point.Size, len(opened.Sigs), len(opened.UnverifiedSigs),
		must(fnote.CoSigV1Timestamp(opened.Sigs[1])))
}

func must1(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	if len(os.Args) == 3 {
		check(os.Args[2])
		return
	}
	made := vectors{
		Source: "golang.org/x/mod/sumdb v0.42.0, github.com/transparency-dev/formats",
		Leaf:   "8 bytes, big endian: the index",
		Roots:  map[int64]string{},
	}
	var stored hashes
	wanted := map[int64]bool{}
	for size := int64(1); size <= 34; size++ {
		wanted[size] = true
	}
	for _, size := range []int64{255, 256, 257, 300, 511, 512, 513, 1000, 65535, 65536, 65537, 70000} {
		wanted[size] = true
	}
	for index := int64(0); index < 70000; index++ {
		data := binary.BigEndian.AppendUint64(nil, uint64(index))
		stored = append(stored, must(tlog.StoredHashes(index, data, stored))...)
		size := index + 1
		if !wanted[size] {
			continue
		}
		root := must(tlog.TreeHash(size, stored))
		made.Roots[size] = base64.StdEncoding.EncodeToString(root[:])
		for _, at := range []int64{0, size / 3, size / 2, size - 1} {
			path := must(tlog.ProveRecord(size, at, stored))
			made.Inclusions = append(made.Inclusions, inclusion{at, size, texts(path)})
		}
		for _, old := range []int64{1, size / 3, size / 2, size - 1} {
			if old > 0 && old < size {
				path := must(tlog.ProveTree(size, old, stored))
				made.Consistency = append(made.Consistency, consistency{old, size, texts(path)})
			}
		}
	}
	seed := []byte("a seed of 32 bytes for a test...")
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	made.NoteKey = must(note.NewEd25519VerifierKey("log.example/one", public))
	id := strings.Split(made.NoteKey, "+")[1]
	private := base64.StdEncoding.EncodeToString(append([]byte{1}, seed...))
	signer := must(note.NewSigner("PRIVATE+KEY+log.example/one+" + id + "+" + private))
	text := "log.example/one\n70000\n" + made.Roots[70000] + "\n"
	made.Note = string(must(note.Sign(&note.Note{Text: text}, signer)))
	skey, vkey, err := note.GenerateKey(strings.NewReader(strings.Repeat("w", 64)), "witness.example/w")
	must1(err)
	cosigner := must(fnote.NewSignerForCosignatureV1(skey))

	made.Cosigned = string(must(note.Sign(&note.Note{Text: text}, signer, cosigner)))
	made.CosignerKey = must(fnote.VKeyToCosignatureV1(vkey))
	opened := must(note.Open([]byte(made.Cosigned), note.VerifierList(cosigner.Verifier())))
	made.CosignedTime = uint64(must(fnote.CoSigV1Timestamp(opened.Sigs[0])).Unix())
	encoder := json.NewEncoder(os.Stdout)
	must1(encoder.Encode(made))
}
