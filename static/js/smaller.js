/** A photograph small enough for a weak signal: its longer edge at most `edge`, as JPEG; 0, or a kind the browser cannot read, leaves it as it is. */
const QUALITY = 0.85;

export const smaller = async (file, edge) => {
  if (!edge) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file;
  }
  const scale = Math.min(1, edge / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = "#FFF"; // what a transparent PNG lies on
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); });
  return blob ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: blob.type }) : file;
};
