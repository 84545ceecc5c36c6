// Uploads what it is given, and out of sight of everything in the page.
self.onmessage = ({ data }) => {
  const form = new FormData();
  form.append("photo", data);
  fetch("/upload", { method: "POST", body: form });
};
